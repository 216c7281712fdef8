import { describe, expect, test } from 'vitest'
import { followEnding } from '../../worker/delivery/ending.ts'
import { ApiError } from '../../worker/errors.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { completeWithError } from '../../worker/formats/complete-with-error.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { eventsOf } from '../support/events.ts'

const envelope = new ApiError('upstream_truncated').envelope()
const event =
  'id: 7\ndata: {"id":"c-1","n":-12.5e+3,"flag":true,"none":null,"empty":{},"list":[1,"two",[],{"k":false,"l":[3]}],' +
  '"choices":[{"index":0,"delta":{"content":"half \\u00e9\\n\\"quoted\\", {braces} ünï 🎉"},"finish_reason":null}]}\n\n'

test.each(['event: er', 'event: message\n', 'event:', 'id: 1\nevent: x\r\n', 'eve', 'event: x\nretry: 1'])(
  'an event cut after %j ends with the error as data, since clients fail on a name without any',
  (cut) => {
    const [last, ...more] = eventsOf([toBytes(cut + completeWithError(cut, envelope))])
    expect(more).toEqual([])
    expect(JSON.parse(last?.data ?? '')).toEqual(envelope)
    expect([undefined, 'error']).toContain(last?.event)
  },
)

describe('an event cut at any byte', () => {
  const whole = toBytes(event)
  for (const [name, before] of [
    ['alone', ''],
    ['after an event', 'data: {"id":"c-0","choices":[]}\n\n'],
    ['after CRLF', 'data: {"id":"c-0","choices":[]}\r\n\r\n'],
  ] as const) {
    test(`${name}, ends with one error event that is valid JSON`, () => {
      for (let cut = 1; cut < whole.length; cut++) {
        const bytes = [toBytes(before), whole.slice(0, cut)]
        const ending = followEnding(chatCompletions)
        for (const part of bytes) ending.push(part)
        bytes.push(toBytes(completeWithError(ending.now().unfinished, envelope)))
        const events = eventsOf(bytes)
        const last = JSON.parse(events.at(-1)?.data ?? '')
        expect(last.error, `cut at ${cut}: ${event.slice(0, cut)}`).toEqual(envelope.error)
        for (const { data } of events) JSON.parse(data)
      }
    })
  }

  test('keeps the half of the delta that came', () => {
    const cut = event.slice(0, event.indexOf(' ünï'))
    const events = eventsOf([toBytes(cut + completeWithError(cut, envelope))])
    const chunk = JSON.parse(events[0]?.data ?? '')
    expect(chunk.choices[0].delta.content).toBe('half é\n"quoted", {braces}')
    expect(chunk.error.code).toBe('upstream_truncated')
  })
})

test.each([
  '',
  ': comment',
  ': comment\n',
  'event: message\n',
  'da',
  'data',
  'data:',
  'data: ',
  'data: {',
  'data:{"a":1,',
])('an unfinished %j ends with the error alone', (unfinished) => {
  const events = eventsOf([toBytes(unfinished + completeWithError(unfinished, envelope))])
  expect(events).toHaveLength(1)
  expect(JSON.parse(events[0]?.data ?? '').error).toEqual(envelope.error)
})

test('an object over several data lines is completed on a line of its own', () => {
  const unfinished = 'data: {"id":\ndata: "x",\n'
  const events = eventsOf([toBytes(unfinished + completeWithError(unfinished, envelope))])
  expect(JSON.parse(events[0]?.data ?? '')).toEqual({ id: 'x', error: envelope.error })
})

test('garbage stays as it came, and the error follows it', () => {
  const unfinished = 'data: <html>'
  const events = eventsOf([toBytes(unfinished + completeWithError(unfinished, envelope))])
  expect(events.map(({ data }) => data)).toEqual(['<html>', JSON.stringify(envelope)])
})

test('only a whole [DONE] counts as one', () => {
  expect(chatCompletions.isUnterminatedEnd('data: [DONE]')).toBe(true)
  expect(chatCompletions.isUnterminatedEnd('data: [DONE]\n')).toBe(true)
  expect(chatCompletions.isUnterminatedEnd('data: [DON')).toBe(false)
  expect(chatCompletions.isUnterminatedEnd('')).toBe(false)
})
