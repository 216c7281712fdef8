/** Who asks too fast. */

import { retryHeaders } from '../admission/rate-headers.ts'
import { ApiError } from '../errors.ts'
import { BURST_PERIOD_MS } from '../limits.ts'

/** The rate limit binding: counts at each of Cloudflare's locations for itself, so it is for bursts alone. */
export interface BurstLimit {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** @param names of who asks, in any sense: each may ask so often */
export async function checkBurst(
  limit: BurstLimit | undefined,
  names: readonly string[],
): Promise<ApiError | undefined> {
  if (limit === undefined) return undefined
  const outcomes = await Promise.all(names.map((key) => limit.limit({ key })))
  if (outcomes.every(({ success }) => success)) return undefined
  return new ApiError('too_fast', { headers: retryHeaders(BURST_PERIOD_MS) })
}
