/**
 * An object knows its caller by its own name: whether that is a visitor, who may not see all of an answer, or
 * a key, whose use is counted. It must have a name, whichever call wakes it.
 */
import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'

const TOTAL = 1000

vi.mock('../../worker/config/config.ts', async (original) => {
  const real = await original<typeof import('../../worker/config/config.ts')>()
  return {
    ...real,
    readConfig: (vars: Parameters<typeof real.readConfig>[0]) =>
      real.readConfig({ ...vars, TOTAL_DAILY_TOKENS: String(TOTAL) }),
  }
})

const LIMITS = { tokensPerDay: undefined, concurrency: undefined, sliced: true }
const objectOf = (caller: string) => exports.Caller.getByName(caller)

/** @returns whether the call was let in */
async function reserve(caller: string, id: string, output: number): Promise<boolean> {
  const reservation = { id, prompt: 10, output, expiresAt: Date.now() + 60_000 }
  const { answer } = await objectOf(caller).reserve(reservation, LIMITS)
  return answer?.kind === 'reserved'
}

test.each(['visitor:1f6c/2', 'key:of a/team'])(
  '%s still has it when the deployment’s object wakes it to give back',
  async (caller) => {
    expect(await reserve(caller, 'first', 500)).toBe(true)
    await objectOf(caller).settle('first', 20)
    await abortAllDurableObjects()
    // There is not enough for this call unless the first caller gives back.
    const other = `key:other than ${caller}`
    expect(await reserve(other, 'second', 900)).toBe(true)
    const name = await runInDurableObject(objectOf(caller), (_, { id }) => id.name)
    expect(name).toBe(caller)
    await objectOf(other).settle('second', 0)
  },
)
