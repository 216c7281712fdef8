/**
 * A response in the background whose object is restarted, wherever its answer and its readers are: what a
 * reader has, and what it gets when it goes on, are the journal to the byte, and a named end.
 */
import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FLUSH_MS } from '../../worker/limits.ts'
import { Caller, JSON_TYPE } from '../protocol/caller.ts'
import { gate, plan } from '../protocol/plan.ts'
import { LONG_ANSWER, type Members, named, numbered, RESPONSE_ID } from '../support/responses.ts'

/** test/vitest.config.ts */
declare const FUZZ_SEED: number
const RUNS = 40

vi.mock('../../worker/upstreams/demo.ts', () => import('../protocol/plan-in-process.ts'))

// The clock stands still, and journals only when a scene says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

const caller = new Caller((path, asked) => exports.default.fetch(`http://localhost${path}`, asked))
const object = () => exports.Caller.getByName('demo')
const WIRE = numbered(LONG_ANSWER).map(named)

const ask = (steps: ReturnType<typeof plan>) =>
  caller.reach('/v1/responses', {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ input: 'Say hello.', background: true, stream: true, plan: steps }),
  })
const get = (path: string) => caller.reach(`/v1/responses/${path}`)
const follow = async (id: string, after?: number) =>
  (await get(`${id}?stream=true${after === undefined ? '' : `&starting_after=${after}`}`)).text()

/** The whole events of what came, without heartbeats. */
const blocksOf = (text: string) => text.replaceAll(/^:.*\n/gm, '').match(/(?:.+\n)+\n/g) ?? []
const parsed = (block: string): Members => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '')

/** Reads until so many events have come, and to the break of its connection. */
async function reading(response: Response, count: number) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  const more = async () => {
    const { done, value } = await reader.read()
    text += decoder.decode(value, { stream: !done })
    return !done
  }
  while (blocksOf(text).length < count) if (!(await more())) throw new Error(`It ended early: ${text}`)
  return {
    id: String((parsed(text).response as Members).id),
    async cut() {
      await expect(
        (async () => {
          while (await more());
        })(),
      ).rejects.toThrow()
      return blocksOf(text)
    },
  }
}

interface Scene {
  /** How many bytes of the answer had come, as a share, and in how many chunks. */
  said: number
  chunks: number
  /** Whether what came was journalled before. */
  isJournalled: boolean
  /** After which of its events the reader goes on, as a share. */
  from: number
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  said: fc.noBias(fc.integer({ min: 10, max: 99 }).map((share) => share / 100)),
  chunks: fc.integer({ min: 1, max: 40 }),
  isJournalled: fc.boolean(),
  from: fc.noBias(fc.nat(100).map((share) => share / 100)),
})

function cut(text: string, pieces: number): string[] {
  const size = Math.ceil(text.length / pieces)
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
    text.slice(at * size, (at + 1) * size),
  )
}

/** Lets the clock of the running streams tick, which journals what has come. */
const flush = () => runInDurableObject(object(), () => void vi.advanceTimersByTime(FLUSH_MS))

async function play({ said, chunks, isJournalled, from }: Scene): Promise<void> {
  vi.clearAllTimers()
  const text = WIRE.join('').slice(0, Math.floor(WIRE.join('').length * said))
  const count = text.split('\n\n').length - 1
  const response = await ask(plan(...cut(text, chunks), gate()))
  const reader = await reading(response, count)
  const { id } = reader
  if (isJournalled) await flush()
  await abortAllDurableObjects()
  const had = await reader.cut()

  const expected = WIRE.slice(0, count).map((one, at) => `id: ${at + 1}\n${one.replaceAll(RESPONSE_ID, id)}`)
  expect(had).toEqual(expected)
  const whole = blocksOf(await follow(id))
  const journalled = whole.findIndex((block) => block.includes('event: error'))
  const kept = whole.slice(
    0,
    whole.findIndex((block, at) => block !== expected[at]),
  )
  expect(kept).toHaveLength(isJournalled ? count : 0)
  const closing = whole.slice(kept.length)
  const types = closing.map((block) => parsed(block).type)
  expect(types).toEqual([...(kept.length === 0 ? ['response.created'] : []), 'error', 'response.failed'])
  expect(journalled).toBe(whole.length - 2)
  const last = parsed(whole.at(-1) ?? '').response as Members
  expect(last).toMatchObject({ id, status: 'failed', error: { code: 'interrupted' } })

  // Wherever it goes on, also after events that were lost, and in the middle of the end: nothing twice.
  const place = Math.floor(had.length * from)
  const resumed = place === 0 ? await follow(id) : await follow(id, place - 1)
  expect(blocksOf(resumed)).toEqual(place >= kept.length ? closing : whole.slice(place))
  for (const [at, block] of closing.entries()) {
    const number = Number(parsed(block).sequence_number)
    expect(number).toBeGreaterThanOrEqual(count)
    expect(blocksOf(await follow(id, number))).toEqual(closing.slice(at + 1))
  }

  // The response says the same, to its own caller alone.
  const snapshot = (await (await get(id)).json()) as Members
  expect(snapshot).toEqual(last)
  const other = exports.Caller.getByName('key:another')
  expect(await other.placeOfResponse(id)).toEqual({ answer: undefined })
  expect(await other.conversation(id)).toMatchObject({ refused: { status: 404 } })
}

test(`${RUNS} restarts, by the seed ${FUZZ_SEED}`, async () => {
  await fc.assert(fc.asyncProperty(scenes, play), { numRuns: RUNS, seed: FUZZ_SEED, endOnFailure: true })
})
