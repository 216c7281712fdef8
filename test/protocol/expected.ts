/** What the contract says of a stream's events, for what its upstream sent. */
import { expect } from 'vitest'
import { DONE } from '../../worker/formats/chat-completions/wire.ts'
import type { EndState } from '../../worker/protocol/wire.ts'
import { eventsOf } from './following.ts'

const number = expect.any(Number)

/** What a last chunk and an error event have beside their own. */
const closing = (state: EndState, begun: boolean) => ({
  choices: [],
  usage: { prompt_tokens: number, completion_tokens: number, total_tokens: number },
  millrace: {
    state,
    usage_source: expect.stringMatching(/^(upstream|estimated)$/),
    // An upstream that never said a word has no times.
    ...(begun && { timing: { first_byte_ms: number, total_ms: number } }),
  },
})

/** The data of each of the upstream's events. */
const dataOf = (events: readonly string[]): string[] =>
  events.map((event) => event.slice('data: '.length, -'\n\n'.length))

/** Asserts 1, 2, 3 …, the upstream's chunks as they came, a last chunk with this state, `[DONE]`. Returns the last chunk. */
export function expectWhole(text: string, chunks: readonly string[], state: EndState = 'done') {
  const events = eventsOf(text)
  expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1))
  expect(events.slice(0, -2).map(({ data }) => data)).toEqual(dataOf(chunks))
  const last = JSON.parse(events.at(-2)?.data ?? '')
  expect(last).toMatchObject(closing(state, state === 'done' || chunks.length > 0))
  expect(last).not.toHaveProperty('error')
  expect(events.at(-1)?.data).toBe(DONE)
  return last
}

/** The same for one that ends with an error: no `[DONE]`. Returns that event. */
export function expectBroken(text: string, chunks: readonly string[], state: EndState, error: object) {
  const events = eventsOf(text)
  expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1))
  expect(events.slice(0, -1).map(({ data }) => data)).toEqual(dataOf(chunks))
  const last = JSON.parse(events.at(-1)?.data ?? '')
  expect(last).toMatchObject({
    ...closing(state, chunks.length > 0),
    error: { type: expect.any(String), param: null, ...error },
  })
  expect(last.error.message).toMatch(/\w/)
  return last
}
