import { expect } from 'vitest'
import type { CallerUsage } from '../../worker/protocol/wire.ts'
import { type Sent, usageOf } from './gate.ts'

/** `GET /v1/usage` once all of the caller's calls are settled: then nothing is reserved either. */
export async function settledUsage(url: string, caller: Sent): Promise<CallerUsage> {
  await expect.poll(async () => (await usageOf(url, caller)).calls.running).toBe(0)
  const usage = await usageOf(url, caller)
  expect(usage.tokens.reserved).toBe(0)
  return usage
}
