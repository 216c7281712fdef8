import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { gatheredChunks, gatherMsOf } from '../../worker/answer/chunks.ts'
import { FORGOTTEN_MS, MAX_GATHERED_BYTES, MAX_READ_BYTES } from '../../worker/limits.ts'
import { concat } from '../../worker/protocol/concat.ts'
import { toBytes } from '../../worker/protocol/encode.ts'

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes)

/** A pause that no test waits for. */
const FOREVER = 3_600_000

/** A body of which the test is the upstream, and a clock that the test sets. */
function open({ gatherMs = 16, first = 'first' } = {}) {
  return openWith(() => gatherMs, first)
}

function openWith(gatherMs: (answers: number) => number, first = 'first') {
  let upstream!: ReadableByteStreamController
  const cancelled = vi.fn()
  const rest = new ReadableStream({
    type: 'bytes',
    start(controller) {
      upstream = controller
    },
    cancel: cancelled,
  })
  const clock = { now: 0 }
  const chunks = gatheredChunks(toBytes(first), rest, { gatherMs, now: () => clock.now })
  // Else the next test's answers would be read beside it.
  onTestFinished(chunks.cancel)
  const say = (text: string) => upstream.enqueue(toBytes(text))
  return { chunks, upstream, say, cancelled, clock, read: async () => textOf(await chunks.read()) }
}

test('the bytes that were read before come first, and at once', async () => {
  const { read } = open({ gatherMs: FOREVER })
  expect(await read()).toBe('first')
})

test('all bytes come, in order, at random sizes and moments', async () => {
  const parts = fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 2 * MAX_READ_BYTES }), waits: fc.boolean() }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(parts, fc.boolean(), async (parts, hurries) => {
      const { chunks, upstream } = open({ gatherMs: 1 })
      const sent: Uint8Array[] = [toBytes('first')]
      async function say(): Promise<void> {
        for (const { size, waits } of parts) {
          const part = crypto.getRandomValues(new Uint8Array(size))
          sent.push(part.slice())
          upstream.enqueue(part)
          if (waits) await turn()
        }
        upstream.close()
      }
      const said = say()
      if (hurries) chunks.hurry()
      const came: Uint8Array[] = []
      for (let part = await chunks.read(); part; part = await chunks.read()) came.push(part)
      await said
      expect(indexOfDifference(concat(came), concat(sent))).toBe(-1)
    }),
    { numRuns: 50 },
  )
})

function indexOfDifference(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) if (a[at] !== b[at]) return at
  return -1
}

describe('tokens', () => {
  test('that come fast are read together, after a pause', async () => {
    const { read, say, chunks } = open({ gatherMs: FOREVER })
    await read()
    say('a')
    // Not the first of them: whether they come fast is known with the second read.
    expect(await read()).toBe('a')
    const next = read()
    for (const token of ['b', 'c', 'd']) {
      await turn()
      say(token)
    }
    await turn()
    chunks.hurry()
    expect(await next).toBe('bcd')
  })

  test('that come slowly are read one by one, without a pause', async () => {
    const { read, say, clock } = open({ gatherMs: FOREVER })
    await read()
    for (const token of ['a', 'b', 'c']) {
      const next = read()
      clock.now += 2 * FOREVER
      say(token)
      expect(await next).toBe(token)
    }
  })

  test('that come after `hurry` are not paused for', async () => {
    const { read, say, chunks } = open({ gatherMs: FOREVER })
    await read()
    chunks.hurry()
    for (const token of ['a', 'b', 'c']) {
      say(token)
      expect(await read()).toBe(token)
    }
  })
})

describe('an isolate with many answers', () => {
  test.each([
    [1, 16],
    [8, 16],
    [20, 40],
    [24, 48],
    [1000, 48],
  ])('gathers longer: %i answers for %i ms', (answers, ms) => {
    expect(gatherMsOf(answers)).toBe(ms)
  })

  /** Reads an answer, of which others are open beside it. @returns how many answers it gathers for */
  async function countOf({ afterMs, cancels }: { afterMs: number; cancels: number }): Promise<number> {
    const others = [open(), open(), open()]
    for (const { read, say } of others) {
      await read()
      say('a')
      await read()
    }
    for (const { chunks } of others.slice(0, cancels)) chunks.cancel()
    let count = 0
    const { read, say, clock } = openWith((answers) => {
      count = Math.max(count, answers)
      return 0
    })
    clock.now = afterMs
    await read()
    say('a')
    await read()
    return count
  }

  test.each([
    ['all that are read', 0, 0, 4],
    ['none that is cancelled', 0, 2, 2],
    ['those that were read a while ago', FORGOTTEN_MS - 1, 0, 4],
    ['none that was read long ago, as where the runtime ended its call', FORGOTTEN_MS, 0, 1],
  ])('counts %s', async (_, afterMs, cancels, count) => {
    expect(await countOf({ afterMs, cancels })).toBe(count)
  })

  test('reads together what it comes late to', async () => {
    const { read, say, clock } = openWith((answers) => (answers === 1 ? 16 : 64))
    const other = open()
    await other.read()
    other.say('a')
    await other.read()
    await read()
    say('a')
    expect(await read()).toBe('a')
    for (const token of ['b', 'c', 'd']) say(token)
    clock.now += 1000
    await turn()
    expect(await read()).toBe('bcd')
  })
})

test('a slow reader holds the upstream up', async () => {
  const PART = 16 * 1024
  let pulled = 0
  const rest = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      pulled += PART
      controller.enqueue(new Uint8Array(PART))
    },
  })
  const chunks = gatheredChunks(new Uint8Array(0), rest, { gatherMs: () => 0, now: Date.now })
  let read = 0
  let most = 0
  for (let reads = 0; reads < 100; reads++) {
    read += (await chunks.read())?.byteLength ?? 0
    // Time for many pulls.
    for (let turns = 0; turns < 10; turns++) await turn()
    most = Math.max(most, pulled - read)
  }
  chunks.cancel()
  expect(read).toBeGreaterThan(4 * MAX_GATHERED_BYTES)
  expect(most).toBeLessThanOrEqual(MAX_GATHERED_BYTES + 4 * MAX_READ_BYTES)
})

test('a body that breaks off rejects after what came', async () => {
  const { read, say, upstream } = open()
  await read()
  say('came')
  expect(await read()).toBe('came')
  const next = read()
  upstream.error(new Error('reset'))
  await expect(next).rejects.toThrow('reset')
})

test('the chunks end with the body', async () => {
  const { read, say, upstream } = open()
  await read()
  say('last')
  upstream.close()
  expect(await read()).toBe('last')
  expect(await read()).toBeUndefined()
})

describe('cancelling', () => {
  test('cancels the body, even a silent one', async () => {
    const { read, chunks, cancelled } = open()
    await read()
    chunks.cancel()
    await expect.poll(() => cancelled).toHaveBeenCalledOnce()
  })

  test('ends a pause', async () => {
    const { read, say, chunks } = open({ gatherMs: FOREVER })
    await read()
    say('a')
    await read()
    const next = read()
    chunks.cancel()
    expect(await next).toBeUndefined()
  })

  test('does nothing to a body that has ended', async () => {
    const { read, chunks, upstream } = open()
    upstream.close()
    await read()
    expect(await read()).toBeUndefined()
    chunks.cancel()
  })
})
