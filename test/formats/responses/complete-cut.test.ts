import { describe, expect, test } from 'vitest'
import { type FollowedEnding, followEnding } from '../../../worker/delivery/ending.ts'
import { ApiError } from '../../../worker/errors.ts'
import { responsesAnswers } from '../../../worker/formats/responses/answers.ts'
import { createEventReader } from '../../../worker/protocol/event-reader.ts'
import { CLIENTS } from '../../support/response-clients.ts'
import {
  begin,
  complete,
  LONG_ANSWER,
  type Members,
  messageEvents,
  RESPONSE_ID,
  TEXT_ANSWER,
  wireOf,
} from '../../support/responses.ts'

const ENVELOPE = new ApiError('upstream_truncated').envelope()

/**
 * What a caller of the native pipe gets after the bytes, if the upstream stops there; `undefined`: it was
 * whole.
 */
function added({ now, cut }: FollowedEnding): string | undefined {
  const { state, unfinished } = now()
  if (state === 'done') return undefined
  return responsesAnswers.isUnterminatedEnd(unfinished)
    ? undefined
    : responsesAnswers.completeCut(cut(), ENVELOPE)
}

function cutAt(bytes: Buffer, at: number): { sent: string; isWhole: boolean } {
  const ending = followEnding(responsesAnswers)
  ending.push(bytes.subarray(0, at))
  const more = added(ending)
  return { sent: `${bytes.subarray(0, at)}${more ?? '\n\n'}`, isWhole: more === undefined }
}

const eventsOf = (wire: string): Members[] =>
  createEventReader(1e6)
    .push(new TextEncoder().encode(wire))
    .flatMap(({ event }) => (event === undefined ? [] : [JSON.parse(event.data) as Members]))

const ANSWERS: Readonly<Record<string, string>> = {
  'a text': wireOf(TEXT_ANSWER),
  'reasoning, a call and a text': wireOf(LONG_ANSWER),
}
/** Without names, as some upstreams send their events. */
const nameless = (wire: string) => wire.replaceAll(/^event: .*\n/gm, '')

describe.each(Object.entries(ANSWERS))('%s', (_, wire) => {
  test.each<[string, string]>([
    ['as it is', wire],
    ['without names', nameless(wire)],
    ['with CRLF', wire.replaceAll('\n', '\r\n')],
  ])('cut at every byte, each event is whole JSON, and the last is the failure: %s', (_, sent) => {
    const bytes = Buffer.from(sent)
    const ending = followEnding(responsesAnswers)
    let whole = 0
    for (let at = 0; at < bytes.length; at++) {
      const more = added(ending)
      // What came before the last event was whole.
      const [error, last] = eventsOf(`${bytes.subarray(whole, at)}${more ?? '\n\n'}`).slice(-2)
      expect((last ?? error)?.type, `at ${at}`).toBe(
        more === undefined ? 'response.completed' : 'response.failed',
      )
      if (more !== undefined) {
        expect(error, `at ${at}`).toMatchObject({ type: 'error', ...ENVELOPE, code: 'upstream_truncated' })
        expect(last, `at ${at}`).toMatchObject({
          response: {
            id: whole > 0 ? RESPONSE_ID : expect.any(String),
            status: 'failed',
            error: { code: 'upstream_truncated' },
          },
          sequence_number: Number(error?.sequence_number) + 1,
        })
      }
      ending.push(bytes.subarray(at, at + 1))
      if (/(\r?\n){2}$/.test(bytes.subarray(at - 3, at + 1).toString())) whole = at + 1
    }
  })

  test.each(Object.keys(CLIENTS))('cut between any two events, it is a failure to %s', async (name) => {
    const client = CLIENTS[name] as (typeof CLIENTS)[string]
    const bytes = Buffer.from(wire)
    const { text, failure } = await client(wire)
    expect(failure).toBeUndefined()
    expect(text).not.toBe('')
    const ends = [...wire.matchAll(/\n\n/g)].map(({ index }) => index + 2)
    for (const end of ends) {
      // Before, at and after the blank line, in the middle of the next event's name, and in its data.
      for (const at of [end - 1, end, end + 3, end + 12, end + 60, end + 120]) {
        const { sent, isWhole } = cutAt(bytes, Math.min(at, bytes.length))
        const { failure } = await client(sent)
        expect(failure === undefined, `at ${at}: ${String(failure)}`).toBe(isWhole)
      }
    }
  })
})

test('a client sees that it failed at every byte', async () => {
  const bytes = Buffer.from(wireOf(complete([...begin(), ...messageEvents(['wörld'])])))
  const client = CLIENTS['the iterator of openai'] as (typeof CLIENTS)[string]
  for (let at = 0; at <= bytes.length; at += 1) {
    const { sent, isWhole } = cutAt(bytes, at)
    const { failure } = await client(sent)
    expect(failure === undefined, `at ${at}: ${String(failure)}`).toBe(isWhole)
  }
})
