import { describe, expect, test } from 'vitest'
import { clientError, serverError } from '../../client/stream/chat-error.ts'
import { createUnjudged } from '../../client/stream/unjudged.ts'
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import type { EndState } from '../../worker/protocol/wire.ts'
import { chunk } from './bodies.ts'

const led = (chars: unknown) => new Headers({ 'moderation-retract-chars': String(chars) })
const of = (index: number, content: string, finish_reason: string | null = null): ChatChunk => ({
  ...chunk(''),
  choices: [{ index, delta: { content }, finish_reason }],
})
const last = (millrace: ChatChunk['millrace']): ChatChunk => ({
  ...chunk(''),
  choices: [],
  ...(millrace && { millrace }),
})

const lost = clientError('network', 'reset')
const ended = (code: string) => serverError({ message: 'No.', type: 'server_error', param: null, code }, {})
const gone = serverError(
  { message: 'Gone.', type: 'e', param: null, code: 'stream_not_found' },
  { status: 404 },
)

describe('what may still be taken back', () => {
  test.each<[string, Headers, ChatChunk[], number | undefined]>([
    ['at most as much as the server says', led(3), [chunk('Hello')], 3],
    ['as much of a short answer', led(1000), [chunk('Hel'), chunk('lo')], 1000],
    ['nothing where the server takes nothing back', new Headers(), [chunk('Hello')], undefined],
    ['nothing where it does not say how much', led('all'), [chunk('Hello')], undefined],
    ['nothing before there is an answer', led(3), [], undefined],
    ['none of a choice that has ended', led(3), [chunk('Hello'), of(0, '', 'stop')], undefined],
    ['that of a choice, while another one has ended', led(3), [chunk('Hello'), of(1, 'b', 'stop')], 3],
    [
      'none, once the server has taken back its part',
      led(3),
      [chunk('Hello'), last({ retract: { 0: 2 } })],
      undefined,
    ],
    ...(['done', 'stopped', 'truncated', 'moderated', 'failed', 'budget'] as EndState[]).map(
      (state) =>
        [`none after the end: ${state}`, led(3), [chunk('Hello'), last({ state })], undefined] as [
          string,
          Headers,
          ChatChunk[],
          undefined,
        ],
    ),
    [
      'that of a choice that refuses',
      led(3),
      [{ ...chunk('Hello'), choices: [{ index: 0, delta: { refusal: 'No.' }, finish_reason: null }] }],
      3,
    ],
    [
      'none of what a restarted server has kept',
      led(3),
      [chunk('Hello'), last({ state: 'interrupted' })],
      undefined,
    ],
  ])('is %s', (_, headers, chunks, expected) => {
    const unjudged = createUnjudged()
    unjudged.opened(headers)
    for (const chunk of chunks) unjudged.see(chunk)
    expect(unjudged.chars(0)).toBe(expected)
    expect(unjudged.brokeOff(lost)?.millrace?.retract?.[0]).toBe(expected)
  })

  test('is what was shown before a restart of the server, unless it has kept more', () => {
    const [less, more] = [createUnjudged(), createUnjudged()]
    for (const unjudged of [less, more]) {
      unjudged.opened(led(3))
      unjudged.see(chunk('Hello'))
      unjudged.opened(new Headers())
    }
    more.see(chunk(', world'))
    for (const unjudged of [less, more]) unjudged.see(last({ state: 'interrupted' }))
    expect([less.chars(0), more.chars(0)]).toEqual([3, undefined])
    expect(less.brokeOff(ended('interrupted'))?.millrace).toEqual({ retract: { 0: 3 } })
  })

  test.each<[string, unknown, boolean]>([
    ['a lost connection', lost, true],
    ['an end without [DONE]', clientError('truncated', 'Cut.'), true],
    ['an event that can’t be read', clientError('invalid_event', 'Not JSON.'), true],
    ['a stream that is gone', gone, true],
    ['an abort', new DOMException('Left.', 'AbortError'), true],
    ['a restart', ended('interrupted'), true],
    ['the server’s own end', ended('upstream_truncated'), false],
  ])('is taken back after %s: %#', (_, reason, isTaken) => {
    const unjudged = createUnjudged()
    unjudged.opened(led(3))
    for (const one of [of(0, 'Hello'), of(1, 'a'), of(2, 'b', 'stop')]) unjudged.see(one)
    const back = unjudged.brokeOff(reason)
    expect(back && [back.choices, back.millrace]).toEqual(
      isTaken ? [[], { retract: { 0: 3, 1: 3 } }] : undefined,
    )
  })
})
