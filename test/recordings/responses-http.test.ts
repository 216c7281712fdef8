/** Each recorded stream of the Responses API over HTTP: relayed, and kept in the background. */
import { describe, expect, test } from 'vitest'
import { useHouse } from '../support/house.ts'
import { end, inOrder, send } from '../support/script.ts'
import { bytes, streamHead } from '../support/scripts.ts'
import { recordedResponses } from './folder.ts'

type Members = Record<string, unknown>

const house = useHouse()
const streams = recordedResponses()
/** Those that are asked for once for each of their bytes. */
const small = streams.filter(([, wire]) => wire.length < 3_600)
const AT_ONCE = 16

const ask = (more: object = {}) =>
  fetch(`${house.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-test', input: 'Say hello.', stream: true, ...more }),
  })

const follow = async (id: string, after: number) =>
  await (await fetch(`${house.url}/v1/responses/${id}?stream=true&starting_after=${after}`)).text()

/** The events of a stream, read without any of the Worker's code: each has one line of data. */
const eventsOf = (wire: string): Members[] =>
  wire
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Members)

/** An event without what a response in the background has of its own, and what Millrace adds at its end. */
function common({ sequence_number: _, millrace, ...event }: Members): Members {
  const { response } = event
  if (typeof response !== 'object' || response === null) return event
  return { ...event, response: { ...response, id: 'resp' } }
}

/** An answer's events before an error, and the error: its end may be written by Millrace. */
function withError(events: readonly Members[]) {
  const at = events.findIndex(({ type }) => type === 'error')
  const { message, code } = (events[at]?.error ?? {}) as Members
  const last = events.at(-1)
  return [
    ...events.slice(0, at).map(common),
    { message, code },
    [last?.type, (last?.response as Members | undefined)?.error],
  ]
}

interface Usage {
  input_tokens: number
  output_tokens: number
}
const endOf = (events: readonly Members[]) =>
  events.findLast(({ response }) => response !== undefined)?.response as { id: string; usage: Usage | null }

/** The next line of the log that is a response's. */
async function lineAfter(count: number): Promise<Members> {
  const lines = () => house.logs.slice(count).filter(({ method }) => method === 'POST')
  await expect.poll(() => lines().length, { timeout: 10_000 }).toBe(1)
  return lines()[0] as Members
}

/** What the log says of an answer that came to this end. */
function ended(fails: boolean, usage: Usage | null | undefined): Members {
  if (fails) return { status: 200, end: 'failed' }
  // Of an upstream that counts less than it has said, what it said counts.
  const atLeast = (count: number) => expect.toSatisfy((it) => it >= count && it < count * 1.05)
  const counted = usage && {
    prompt_tokens: usage.input_tokens,
    completion_tokens: atLeast(usage.output_tokens),
  }
  return { status: 200, end: 'done', ...counted }
}

test('there are recordings, large ones and small', () => {
  expect([streams.length > small.length, small.length > 0]).toEqual([true, true])
})

describe.each(streams)('%s', (_, wire) => {
  const recorded = eventsOf(wire.toString())
  const fails = recorded.some(({ type }) => type === 'error')
  const { usage } = endOf(recorded)

  test.each([7, wire.length])('is relayed byte for byte, from pieces of %i bytes', async (size) => {
    const logged = house.logs.length
    house.upstream.next(bytes(wire, size))
    const relayed = Buffer.from(await (await ask()).arrayBuffer())
    if (fails) expect(withError(eventsOf(relayed.toString()))).toEqual(withError(recorded))
    else expect(relayed.toString()).toBe(wire.toString())
    if (!fails) expect(relayed.equals(wire)).toBe(true)
    expect(await lineAfter(logged)).toMatchObject({ route: '/v1/responses', ...ended(fails, usage) })
  })

  test('is the same in the background, but for its id and numbers, and goes on after any event', async () => {
    const logged = house.logs.length
    house.upstream.next(bytes(wire, 7))
    const whole = await (await ask({ background: true })).text()
    const got = eventsOf(whole)
    expect(got.map(({ sequence_number: number }) => number)).toEqual(got.map((_, index) => index))
    const { id } = endOf(got)
    expect(
      new Set(got.flatMap((event) => (event.response as { id: string } | undefined)?.id ?? [])).size,
    ).toBe(1)
    if (fails) expect(withError(got)).toEqual(withError(recorded))
    else expect(got.map(common)).toEqual(recorded.map(common))
    expect(await lineAfter(logged)).toMatchObject({ route: '/v1/responses', ...ended(fails, usage) })

    const blocks = whole.split(/(?<=\n\n)/)
    expect(blocks.length).toBe(got.length)
    const step = Math.ceil(blocks.length / 20)
    for (let after = 0; after < blocks.length; after += step) {
      expect(await follow(id, after)).toBe(blocks.slice(after + 1).join(''))
    }
    const kept = await (await fetch(`${house.url}/v1/responses/${id}`)).json()
    expect(kept).toEqual(got.at(-1)?.response)
  })
})

describe.each(small)('%s, cut in two', (_, wire) => {
  test('is relayed byte for byte, wherever the cut is', async () => {
    const places = Array.from({ length: wire.length - 1 }, (_, index) => index + 1)
    house.upstream.when(({ request }) => {
      const at = Number(request.cut)
      return inOrder(streamHead(), send(wire.subarray(0, at), wire.subarray(at)), end)
    })
    const wrong: number[] = []
    const fails = wire.includes('event: error')
    const expected = JSON.stringify(withError(eventsOf(wire.toString())))
    const sameEnd = (relayed: string) => JSON.stringify(withError(eventsOf(relayed))) === expected
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let at = places.pop(); at !== undefined; at = places.pop()) {
          const relayed = Buffer.from(await (await ask({ cut: at })).arrayBuffer())
          const isSame = fails ? sameEnd(relayed.toString()) : relayed.equals(wire)
          if (!isSame) wrong.push(at)
        }
      }),
    )
    expect(wrong).toEqual([])
  }, 300_000)
})
