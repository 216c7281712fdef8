/**
 * Whatever happens to a stream's readers, its upstream and its object, and in whichever order: each reader
 * has, in the end, what an undisturbed one has, or what was journalled and that it was interrupted.
 */
import { runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sqlOf } from '../../worker/objects/sql.ts'
import { DIALECTS } from './dialects.ts'
import { play } from './play.ts'
import { scenes } from './scene.ts'

/** By format: a response's events are larger. A scene takes 0.1 s and more, since many fill rows of 64 KB. */
const CASES = { 'chat-completions': 500, responses: 250 }
/** test/vitest.config.ts */
declare const FUZZ_SEED: number
/** No scene takes a tenth of it. */
const HANGS_MS = 5000

const { setTimeout, clearTimeout } = globalThis
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
})
afterEach(() => void vi.useRealTimers())

async function unlessItHangs<T>(work: Promise<T>): Promise<T> {
  const hangs = Promise.withResolvers<never>()
  const timer = setTimeout(() => hangs.reject(new Error('It hangs.')), HANGS_MS)
  return Promise.race([work, hangs.promise]).finally(() => clearTimeout(timer))
}

const scenesOf = Object.values(DIALECTS).map(
  (dialect) => [dialect.name, CASES[dialect.name], dialect] as const,
)

test.each(scenesOf)(
  `%s, %i scenes, by the seed ${FUZZ_SEED}: no reader lacks anything, and none waits for ever`,
  async (_, cases, dialect) => {
    const seen = new Map<string, number>()
    await runInDurableObject(exports.Caller.getByName('property'), async (_, { storage }) => {
      const sql = sqlOf(storage)
      const holds = fc.asyncProperty(scenes, async (scene) => {
        const { state, wrong } = await unlessItHangs(play(sql, scene, dialect))
        expect(wrong).toBeUndefined()
        seen.set(state, (seen.get(state) ?? 0) + 1)
      })
      await fc.assert(holds, { numRuns: cases, seed: FUZZ_SEED })
    })
    // Or it would prove less than it says.
    for (const state of ['done', 'stopped', 'truncated', 'failed', 'interrupted', 'refused']) {
      expect([state, seen.get(state)]).toEqual([
        state,
        expect.toSatisfy((count: number) => count > cases / 100),
      ])
    }
  },
  300_000,
)
