import { describe, expect, test } from 'vitest'
import { type Ending, followEnding } from '../../worker/delivery/ending.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { responsesAnswers } from '../../worker/formats/responses/answers.ts'
import { MAX_COMPLETED_CHARS, MAX_EVENT_BYTES } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { quickestOfFive } from '../support/cpu-time.ts'
import { splits } from '../support/events.ts'

const chunk = 'data: {"choices":[{"index":0,"delta":{"content":"ü \\"error\\""}}]}'

const cases: [name: string, stream: string, ending: Ending][] = [
  ['nothing', ': hello\n\n', { state: 'open', unfinished: '' }],
  ['chunks alone', `${chunk}\n\n`, { state: 'open', unfinished: '' }],
  ['a whole answer', `${chunk}\n\ndata: [DONE]\n\n`, { state: 'done', unfinished: '' }],
  ['a whole answer in CRLF', `${chunk}\r\n\r\ndata: [DONE]\r\n\r\n`, { state: 'done', unfinished: '' }],
  [
    'a whole answer with a blank behind it',
    `${chunk}\n\ndata: [DONE] \n\n`,
    { state: 'done', unfinished: '' },
  ],
  ['an error', `${chunk}\n\ndata: {"error":{"message":"m"}}\n\n`, { state: 'failed', unfinished: '' }],
  [
    'a named error',
    `${chunk}\n\nevent: error\ndata: {"message":"m"}\n\n`,
    { state: 'failed', unfinished: '' },
  ],
  ['an error and [DONE]', 'data: {"error":{}}\n\ndata: [DONE]\n\n', { state: 'failed', unfinished: '' }],
  ['half an event', `${chunk}\n\ndata: {"cho`, { state: 'open', unfinished: 'data: {"cho' }],
  ['an event without its blank line', 'data: [DONE]\n', { state: 'open', unfinished: 'data: [DONE]\n' }],
  ['more after the end', `${chunk}\n\ndata: [DONE]\n\ndata: x`, { state: 'done', unfinished: 'data: x' }],
  ['an end without an answer', ': hi\n\ndata: [DONE]\n\n', { state: 'empty', unfinished: '' }],
]

test.each(cases)('the ending is known for %s, at every split', (_, stream, expected) => {
  for (const parts of splits(toBytes(stream))) {
    const ending = followEnding(chatCompletions)
    for (const part of parts) ending.push(part)
    const { state, unfinished } = ending.now()
    expect(state).toBe(expected.state)
    // A line feed of a CRLF that came apart may stay: it is an empty line, and means nothing.
    expect(unfinished.replace(/^\n/, '')).toBe(expected.unfinished)
  }
})

describe('a large event', () => {
  const part = toBytes('x'.repeat(16 * 1024))
  const begin = () => {
    const ending = followEnding(chatCompletions)
    ending.push(toBytes(`${chunk}\n\ndata: {"image":"`))
    return ending
  }
  const grow = (ending: ReturnType<typeof begin>, bytes: number) => {
    for (let at = 0; at < bytes; at += part.length) ending.push(part)
  }

  test.each([
    ['that can still be parsed', MAX_COMPLETED_CHARS / 2],
    ['whose beginning is held no longer', MAX_COMPLETED_CHARS + part.length],
    ['above what is parsed', 2 * MAX_EVENT_BYTES],
  ])('%s: events after it are seen', (_, bytes) => {
    for (const [end, state] of [
      ['data: [DONE]', 'done'],
      ['data: {"error":{}}', 'failed'],
    ]) {
      const ending = begin()
      grow(ending, bytes)
      ending.push(toBytes(`"}\n\n${end}\n\n`))
      expect(ending.now()).toMatchObject({ state, unfinished: '' })
    }
  })

  test('is completed while all of it is held, and not afterwards', () => {
    const ending = begin()
    grow(ending, MAX_COMPLETED_CHARS / 2)
    expect(ending.now().unfinished).toMatch(/^data: \{"image":"x+$/)
    grow(ending, MAX_COMPLETED_CHARS)
    expect(ending.now()).toEqual({ state: 'open', unfinished: '' })
    ending.push(toBytes('"}\n\ndata: {'))
    expect(ending.now()).toEqual({ state: 'open', unfinished: 'data: {' })
  })

  test('costs the time of its new bytes, not of those before', () => {
    const ending = begin()
    const time = () => quickestOfFive(() => grow(ending, 512 * 1024))
    time()
    const early = time()
    grow(ending, 32 * 1024 * 1024)
    expect(time()).toBeLessThan(5 * Math.max(1, early))
  })
})

describe('a response with pictures, which its end repeats', () => {
  const begun =
    'event: response.created\ndata: {"type":"response.created","response":{"status":"in_progress"}}\n\n'
  const picture = 'A'.repeat(64 * 1024)

  test.each([
    ['completed', 'done'],
    ['incomplete', 'done'],
    ['failed', 'open'],
    ['in_progress', 'open'],
  ])('is seen to end by the name of its last event: %s is %s', (name, state) => {
    const ending = followEnding(responsesAnswers)
    ending.push(toBytes(begun))
    ending.push(toBytes(`event: response.${name}\ndata: {"type":"response.${name}","response":{"output":["`))
    for (let bytes = 0; bytes < 2 * MAX_EVENT_BYTES; bytes += picture.length) ending.push(toBytes(picture))
    expect(ending.now().state).toBe('open')
    ending.push(toBytes('"]}}\n\n'))
    expect(ending.now().state).toBe(state)
  })
})
