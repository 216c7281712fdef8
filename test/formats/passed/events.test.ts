import { describe, expect, test } from 'vitest'
import { followEnding } from '../../../worker/delivery/ending.ts'
import { ApiError } from '../../../worker/errors.ts'
import { eventsUntil } from '../../../worker/formats/passed/events.ts'
import { TAP_READ_BYTES } from '../../../worker/limits.ts'
import { toBytes } from '../../../worker/protocol/encode.ts'
import { eventsOf } from '../../support/events.ts'

const END = 'x.done'
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const delta = event({ type: 'x.delta', delta: 'Hi' })
const last = event({ type: END, text: 'Hi' })
const envelope = new ApiError('upstream_truncated').envelope()

function stateOf(text: string, ends?: number) {
  const ending = followEnding(eventsUntil(END, ends))
  const bytes = toBytes(text)
  for (let at = 0; at < bytes.length; at += TAP_READ_BYTES)
    ending.push(bytes.subarray(at, at + TAP_READ_BYTES))
  return ending.now().state
}

test.each([
  ['nothing', '', 'open'],
  ['a delta', delta, 'open'],
  ['its last event', delta + last, 'done'],
  ['its last event, without a word', event({ type: END, text: '' }), 'done'],
  [
    'a last event of several megabytes',
    `data: {"type":"${END}","b64_json":"${'A'.repeat(3_000_000)}"}\n\n`,
    'done',
  ],
  [
    'a large event that is not the last',
    `data: {"type":"x.part","b64_json":"${'A'.repeat(3_000_000)}"}\n\n`,
    'open',
  ],
  ['[DONE]', `${delta}data: [DONE]\n\n`, 'done'],
  ['an error', delta + event({ error: { message: 'No.' } }), 'failed'],
  ['a named error', `${delta}event: error\ndata: {"message":"No."}\n\n`, 'failed'],
  ['an error by its type', delta + event({ type: 'error', message: 'No.' }), 'failed'],
  ['its last event, without the blank line', delta + last.trim(), 'open'],
  [
    'the words of an end within a text',
    event({ type: 'x.delta', delta: `"type":"${END}" [DONE] error` }),
    'open',
  ],
])('after %s', (_, text, state) => {
  expect(stateOf(text)).toBe(state)
})

test('each of several pictures has a last event', () => {
  expect(stateOf(last, 2)).toBe('open')
  expect(stateOf(last + last, 2)).toBe('done')
})

describe('an event cut at any byte', () => {
  test('ends with one error that is valid JSON, unless it was whole', () => {
    const format = eventsUntil(END)
    const whole = toBytes(delta + last)
    for (let cut = 1; cut < whole.length; cut++) {
      const ending = followEnding(format)
      ending.push(whole.slice(0, cut))
      const { state, unfinished } = ending.now()
      if (state === 'done' || format.isUnterminatedEnd(unfinished)) continue
      const events = eventsOf([whole.slice(0, cut), toBytes(format.completeCut(ending.cut(), envelope))])
      for (const { data } of events) JSON.parse(data)
      expect(JSON.parse(events.at(-1)?.data ?? '').error, `cut at ${cut}`).toEqual(envelope.error)
    }
  })
})

test.each([
  [{ type: 'x.delta', delta: 'Hi' }, 'Hi'],
  [{ type: 'x.partial_image', b64_json: 'QUJD' }, 'QUJD'],
  [{ type: 'x.segment', text: 'Hi' }, 'Hi'],
  [{ type: 'x.created' }, undefined],
  [{ type: 'x.delta', delta: '' }, undefined],
])('%j has the content %s', (value, text) => {
  const { kind, texts } = eventsUntil(END)
    .reader('')
    .read({ data: JSON.stringify(value) })
  expect([kind, texts[0]?.text]).toEqual(['chunk', text])
})
