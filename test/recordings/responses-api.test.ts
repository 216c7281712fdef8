/** Each recorded stream of the Responses API, read at every chunking, and moderated. */
import { describe, expect, test } from 'vitest'
import { responsesAnswers } from '../../worker/formats/responses/answers.ts'
import { createSnapshot } from '../../worker/formats/responses/snapshot.ts'
import type { Judge } from '../../worker/moderation/judge.ts'
import { createModeration } from '../../worker/moderation/moderation.ts'
import { encodeSse } from '../../worker/protocol/encode.ts'
import { runParts } from '../support/answer.ts'
import { recordedResponses } from './folder.ts'

const streams = recordedResponses()

interface Event {
  type: string
  delta?: unknown
  response?: { output: { content?: { text?: string }[] }[] }
}

const eventsOf = (wire: Buffer | string): Event[] =>
  wire
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Event)

const textOf = (events: readonly Event[]) =>
  events.map(({ type, delta }) => (type === 'response.output_text.delta' ? delta : '')).join('')

const cutUp = (wire: Buffer, size: number) =>
  Array.from({ length: Math.ceil(wire.length / size) }, (_, i) => wire.subarray(i * size, (i + 1) * size))

const fresh = () => ({ format: responsesAnswers, reader: responsesAnswers.reader('gpt-test') })

describe.each(streams)('%s', (name, wire) => {
  const events = eventsOf(wire)
  const fails = events.some(({ type }) => type === 'error')
  const last = events.at(-1)

  test.each([1, 7, wire.length])('passes through the engine as it came, %i bytes at a time', async (size) => {
    const { bytes, end, last: closing } = await runParts(cutUp(wire, size), fresh())
    expect(end.state).toBe(fails ? 'failed' : 'done')
    const own = wire.toString().replace(/data: \[DONE\]\n\n$/, '')
    if (!fails) expect(Buffer.from(bytes).toString()).toBe(own)
    expect(closing.events).toHaveLength(fails ? 2 : 1)
  })

  test('each text is judged once, and shown', async () => {
    let asked = 0
    const judge: Judge = async (texts) => {
      asked += texts.join('').length
      return { kind: 'passed' }
    }
    const sizes = {
      phrase: 64,
      context: 0,
      first: { chars: 32, ms: 0 },
      last: { chars: 400, ms: 0 },
      held: 1e6,
    }
    const { bytes, last: closing } = await runParts([wire], {
      ...fresh(),
      moderate: (release) =>
        createModeration({ judge, mode: { kind: 'hold' }, unreachable: 'closed', release, sizes }),
    })
    const shown = eventsOf(Buffer.from(bytes).toString() + closing.events.map(encodeSse).join(''))
    expect(textOf(shown)).toBe(textOf(events))
    const deltas = events.map(({ delta }) => (typeof delta === 'string' ? delta : '')).join('')
    expect(asked).toBeGreaterThanOrEqual(deltas.length)
    expect(asked, name).toBeLessThan(deltas.length + 1_100)
    if (!fails) expect(shown.at(-1)?.response).toMatchObject({ status: 'completed' })
  })

  test('its events fold into the response of its end', () => {
    const snapshot = createSnapshot()
    for (const event of events.slice(0, -1)) snapshot.fold(event)
    const said = (output: unknown) =>
      (Array.isArray(output) ? output : []).flatMap(({ content }) => content ?? []).map(({ text }) => text)
    expect(said(snapshot.response()?.output)).toEqual(said(last?.response?.output))
  })
})
