/**
 * Asks the upstreams in turn until an answer begins. The result is that answer, or an error with a status.
 *
 * Until then a failed attempt is aborted, and the next upstream is asked; the last one is asked again, after
 * a while. Once an answer has begun nothing is tried again.
 */
import type { RequestRecord } from '../accounting/record.ts'
import { ApiError, type Attempted } from '../errors.ts'
import { retryAfter } from '../protocol/retry-after.ts'
import { sleep } from '../sleep.ts'
import { type Answer, attempt, attemptOf, holds, type UpstreamRequest } from './attempt.ts'
import { reasonOf } from './call.ts'
import { mayHaveCost } from './cost.ts'
import { meaningOf } from './move-on.ts'
import type { Candidate } from './plan.ts'
import { retryDelay } from './retry.ts'

export interface UpstreamResult {
  /** The answer, or why there is none. */
  answer: Answer | ApiError
  /** How often the question was sent again, to the same upstream or another one. */
  retries: number
  /** The attempts that failed, where upstreams have names. */
  attempts: readonly Attempted[]
  /** How long each attempt worked that ended without an answer and may have cost tokens, in milliseconds. */
  lost: readonly number[]
  /**
   * An answer that came whole where a stream was asked for. It has cost tokens, and may say how many.
   */
  unstreamed?: { body: Uint8Array; ms: number }
  /** What the log says of all this. */
  notes: Pick<RequestRecord, 'upstream' | 'retries' | 'attempts'>
}

export async function askUpstream(request: UpstreamRequest): Promise<UpstreamResult> {
  const result = await askInTurn(request)
  const { answer, retries, attempts } = result
  const upstream = answer instanceof ApiError ? undefined : answer.upstream.name
  const notes = { retries, ...(upstream && { upstream }), ...(attempts.length > 0 && { attempts }) }
  // A durable stream's caller is in another object: the error carries what its line of the log says.
  if (answer instanceof ApiError) Object.assign(answer.notes, notes)
  return { ...result, notes }
}

async function askInTurn(request: UpstreamRequest): Promise<Omit<UpstreamResult, 'notes'>> {
  const { call, candidates, rests } = request
  const { signal } = call
  const lost: number[] = []
  const attempts: Attempted[] = []
  let left = candidates
  let sends = 0
  /** How often the last upstream was asked again. */
  let repeats = 0
  const result = (answer: Answer | ApiError) => ({
    answer,
    retries: Math.max(0, sends - 1),
    attempts,
    lost,
  })

  /** At most one upstream that rests is asked, as the last one. */
  function next(): Candidate | undefined {
    const now = Date.now()
    const allRest = left.every((one) => rests.isResting(one, now))
    const one = rests.choose(left, now)
    left = allRest ? [] : left.filter((other) => other !== one)
    return one
  }

  // Before one is chosen: the choice may make this call a probe.
  if (signal.aborted) return result(reasonOf(signal))
  let candidate = next()
  if (candidate === undefined) return result(new ApiError('route_not_available'))
  /** The last error that says more than that an upstream lacks the model. */
  let why: ApiError | undefined
  for (;;) {
    const own = holds(request, candidate) ? attemptOf(call) : call
    const outcome = await attempt(request, candidate, own)
    const now = Date.now()
    if (outcome.asked !== undefined) sends++
    if (!('error' in outcome)) {
      rests.succeeded(candidate, outcome.asked)
      return result(outcome)
    }
    const { error, asked, responded, status, about, failure, unstreamed } = outcome
    // A call that was not made has cost nothing, and says nothing of an upstream.
    if (asked === undefined) {
      rests.toldNothing(candidate, now)
      return result(error)
    }
    const ms = now - asked
    const meaning = meaningOf(status, about)
    if (meaning !== 'lacks-model') why = error
    const mayCost = outcome.hasBegun || mayHaveCost(responded ?? 'unreachable', ms)
    if (unstreamed === undefined && mayCost) lost.push(ms)
    // It may still be open, and is not to work on beside the next one.
    if (own !== call) own.abort(error)
    // Its caller's leaving, or the end of the whole call's time, says nothing of an upstream.
    if (signal.aborted) {
      rests.toldNothing(candidate, now)
      return result(why ?? error)
    }
    const { window: tooSmall = 0 } = candidate
    const { name } = candidate.upstream
    if (name !== undefined) {
      const attempted = { upstream: name, ...(responded && { status: responded }), code: error.code, ms }
      attempts.push(attempted)
      // Where another upstream answers, only the owner can notice.
      if (meaning === 'refused') console.error(JSON.stringify({ ...attempted, ...error.notes }))
    }
    if (meaning === 'too-long') left = left.filter(({ window = 0 }) => window > tooSmall)
    if (meaning === 'too-long' || meaning === 'final') rests.succeeded(candidate, asked)
    else rests.failed(candidate, meaning, now, failure && retryAfter(failure.headers, now))
    const other = meaning === 'final' ? undefined : next()
    if (other !== undefined) {
      if (unstreamed !== undefined) lost.push(ms)
      candidate = other
      repeats = 0
      continue
    }
    if (unstreamed !== undefined) return { ...result(why ?? error), unstreamed: { body: unstreamed, ms } }
    const delay = failure && retryDelay(failure, repeats++, Math.random(), now)
    if (delay === undefined) return result(why ?? error)
    await sleep(delay, signal)
    if (signal.aborted) return result(reasonOf(signal))
  }
}
