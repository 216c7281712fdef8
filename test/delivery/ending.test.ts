import { expect, test } from 'vitest'
import { type Ending, followEnding } from '../../worker/delivery/ending.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { splits } from '../support/events.ts'

const chunk = 'data: {"choices":[{"index":0,"delta":{"content":"ü \\"error\\""}}]}'

const cases: [name: string, stream: string, ending: Ending][] = [
  ['nothing', ': hello\n\n', { state: 'open', unfinished: '' }],
  ['chunks alone', `${chunk}\n\n`, { state: 'open', unfinished: '' }],
  ['a whole answer', `${chunk}\n\ndata: [DONE]\n\n`, { state: 'done', unfinished: '' }],
  ['a whole answer in CRLF', `${chunk}\r\n\r\ndata: [DONE]\r\n\r\n`, { state: 'done', unfinished: '' }],
  ['an error', `${chunk}\n\ndata: {"error":{"message":"m"}}\n\n`, { state: 'failed', unfinished: '' }],
  [
    'a named error',
    `${chunk}\n\nevent: error\ndata: {"message":"m"}\n\n`,
    { state: 'failed', unfinished: '' },
  ],
  ['an error and [DONE]', 'data: {"error":{}}\n\ndata: [DONE]\n\n', { state: 'failed', unfinished: '' }],
  ['half an event', `${chunk}\n\ndata: {"cho`, { state: 'open', unfinished: 'data: {"cho' }],
  ['an event without its blank line', 'data: [DONE]\n', { state: 'open', unfinished: 'data: [DONE]\n' }],
  ['more after the end', 'data: [DONE]\n\ndata: x', { state: 'done', unfinished: 'data: x' }],
]

test.each(cases)('%s, at every split', (_, stream, expected) => {
  for (const parts of splits(toBytes(stream))) {
    const ending = followEnding()
    for (const part of parts) ending.push(part)
    const { state, unfinished } = ending.now()
    expect(state).toBe(expected.state)
    // A line feed of a CRLF that came apart may stay: it is an empty line, and means nothing.
    expect(unfinished.replace(/^\n/, '')).toBe(expected.unfinished)
  }
})
