/**
 * An object that is killed at any moment: what is settled and reserved never passes the budget, and once its
 * alarm has come it is what was used or the estimate, no more and no less.
 */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

/** test/vitest.config.ts */
declare const FUZZ_SEED: number
const BUDGET = 1000
const LIMITS = { tokensPerDay: BUDGET, concurrency: undefined, sliced: false }

/** Noon of tomorrow: no day ends here, and no alarm comes by itself. */
const NOON = new Date().setUTCHours(36, 0, 0, 0)
const PATIENCE = 60_000
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] }).setSystemTime(NOON)
})
afterEach(() => void vi.useRealTimers())

let count = 0
const newCaller = () => exports.Caller.getByName(`key:killed-${count++}`)
type Stub = ReturnType<typeof newCaller>

/** A stub of an object that was aborted stays broken: the next question takes a new one. */
const again = (stub: Stub) => exports.Caller.getByName(stub.name ?? '')

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function standing(stub: Stub) {
  const { answer } = await again(stub).usage(LIMITS)
  if (answer === undefined) throw new Error('It was refused.')
  expect(answer.used + answer.reserved).toBeLessThanOrEqual(BUDGET)
  return answer
}

const kill = fc.constantFrom('abort' as const, 'evict' as const)
async function die(stub: Stub, how: 'abort' | 'evict'): Promise<void> {
  if (how === 'abort') return abortAllDurableObjects()
  // Only one that runs can be evicted, and one that was aborted doesn't.
  await standing(stub)
  await evictDurableObject(again(stub))
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      prompt: fc.integer({ min: 1, max: 100 }),
      output: fc.integer({ min: 0, max: 300 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      which: fc.nat(),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const), how: kill }) },
)

test(`objects killed between reserving and settling lose no count, by the seed ${FUZZ_SEED}`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      const stub = newCaller()
      vi.setSystemTime(NOON)
      const expiresAt = NOON + PATIENCE
      const open: { id: string; prompt: number; output: number }[] = []
      let used = 0
      for (const it of steps) {
        if (it.kind === 'kill') await die(stub, it.how)
        else if (it.kind === 'settle') {
          const [call] = open.splice(it.which % (open.length || 1), 1)
          if (call === undefined) continue
          const tokens = Math.floor((call.prompt + call.output) * it.part)
          await again(stub).settle(call.id, tokens)
          used += tokens
        } else {
          const call = { id: crypto.randomUUID(), prompt: it.prompt, output: it.output }
          const { answer } = await again(stub).reserve({ ...call, expiresAt }, LIMITS)
          if (answer?.kind === 'reserved') open.push(call)
          else
            expect(
              used + open.reduce((sum, c) => sum + c.prompt + c.output, 0) + it.prompt + it.output,
            ).toBeGreaterThan(BUDGET)
        }
        const now = await standing(stub)
        expect(now.used).toBe(used)
        expect(now.reserved).toBe(open.reduce((sum, { prompt, output }) => sum + prompt + output, 0))
      }
      await die(stub, 'abort')
      vi.setSystemTime(expiresAt + 1)
      await runDurableObjectAlarm(again(stub))
      // An unsettled call is charged its prompt: nothing more is known of it.
      const estimate = open.reduce((sum, { prompt }) => sum + prompt, 0)
      expect(await standing(stub)).toMatchObject({ used: used + estimate, reserved: 0, running: 0 })
      // And the count that comes late replaces the estimate, once.
      const [late] = open
      if (late === undefined) return
      for (let times = 0; times < 2; times++) await again(stub).settle(late.id, late.prompt + 1)
      expect(await standing(stub)).toMatchObject({ used: used + estimate + 1 })
    }),
    { numRuns: 12, seed: FUZZ_SEED, endOnFailure: true },
  )
})

test(`an object killed in mid-answer settles it at what its journal has, by the seed ${FUZZ_SEED}`, async () => {
  const body = new TextEncoder().encode(
    JSON.stringify({
      model: 'millrace-demo',
      stream: true,
      messages: [{ role: 'user', content: 'plot_2d_normal' }],
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 60 }), async (ms) => {
      const stub = newCaller()
      const reservation = {
        id: `req_${crypto.randomUUID()}`,
        prompt: 20,
        output: 500,
        expiresAt: NOON + PATIENCE,
      }
      const asked = {
        format: 'chat-completions' as const,
        bytes: body,
        model: 'millrace-demo',
        idempotency: undefined,
        after: 0,
        limits: LIMITS,
      }
      const { answer: opened } = await stub.open({ ...asked, reservation })
      if (opened === undefined) throw new Error('It was refused.')
      const read = new Response(opened.events).text().catch(() => undefined)
      await sleep(ms)
      expect((await standing(stub)).limit).toBe(BUDGET)
      await abortAllDurableObjects()
      await read
      // Nobody asks for it any more: it is woken by what it had set before it made the call.
      expect(await runDurableObjectAlarm(again(stub))).toBe(true)
      const { answer: followed } = await again(stub).follow(opened.id, 0)
      const told = await new Response(followed?.events ?? null).text()
      const chunks = told.split('\n').filter((line) => line.startsWith('data: {'))
      const last = JSON.parse(chunks.at(-1)?.slice('data: '.length) ?? '')
      const { used, reserved, running } = await standing(stub)
      expect({ used, reserved, running }).toEqual({ used: last.usage.total_tokens, reserved: 0, running: 0 })
      expect(['interrupted', 'done']).toContain(last.millrace.state)
    }),
    { numRuns: 15, seed: FUZZ_SEED, endOnFailure: true },
  )
})
