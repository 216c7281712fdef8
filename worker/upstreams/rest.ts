/**
 * Which upstreams rest, so that callers don't wait for one that is down. An isolate knows only the calls that
 * it made itself.
 *
 * An upstream rests for as long as its `Retry-After` says, or for `REST_MS` after three failures in
 * `FAILURES_MS`, or after one by which it refuses this Worker itself. Then one call probes it, while for all
 * others it rests on: a success ends the rest, a failure begins it anew. A model that an upstream lacks rests
 * there alone.
 */
import { FAILURES_MS, LACKING_MS, MAX_LACKING, MAX_REST_MS, MOST_FAILURES, REST_MS } from '../limits.ts'

type Known = { readonly upstream: { readonly name: string | undefined }; readonly model: string }

/** What a failed attempt says of its upstream. `refused`: this Worker's key, bill or location. */
export type Failing = 'failed' | 'refused' | 'lacks-model'

/** Candidates are told apart by object: each call has its own. */
export interface Rests {
  /**
   * @returns the first that doesn't rest or, where all do, the one whose rest ends first. The call that gets
   *   one whose rest is over is its probe
   */
  choose<One extends Known>(candidates: readonly One[], now: number): One | undefined
  isResting(candidate: Known, now: number): boolean
  /** @param began when the attempt did */
  succeeded(candidate: Known, began: number): void
  /** @param retryAfter milliseconds that the upstream asked for */
  failed(candidate: Known, how: Failing, now: number, retryAfter?: number): void
  /** An attempt ended early, as when its caller left. If it was a probe, the next call is the probe. */
  toldNothing(candidate: Known, now: number): void
}

interface Rest {
  /** When its last failures came: milliseconds since the epoch. */
  failures: number[]
  since: number
  until: number
  /** The candidate of the call that probes it: until that has ended, it rests on for all others. */
  probe: Known | undefined
}

export function createRests(): Rests {
  const rests = new Map<string | undefined, Rest>()
  /** Until when a model is not asked for: by upstream and model. Callers may name any number of models. */
  const lacking = new Map<string, number>()
  const keyOf = ({ upstream, model }: Known) => `${upstream.name}/${model}`
  const dueAt = (one: Known) =>
    Math.max(rests.get(one.upstream.name)?.until ?? 0, lacking.get(keyOf(one)) ?? 0)

  return {
    isResting: (one, now) => dueAt(one) > now,
    choose(candidates, now) {
      const awake = candidates.find((one) => dueAt(one) <= now)
      if (awake === undefined) return candidates.toSorted((a, b) => dueAt(a) - dueAt(b))[0]
      const rest = rests.get(awake.upstream.name)
      if (rest !== undefined && rest.until > 0) {
        Object.assign(rest, { since: now, until: now + REST_MS, probe: awake })
      }
      return awake
    },
    succeeded(one, began) {
      const rest = rests.get(one.upstream.name)
      if (rest !== undefined && rest.until > 0 && began >= rest.since) rests.delete(one.upstream.name)
    },
    failed(one, how, now, retryAfter = 0) {
      const rest = rests.get(one.upstream.name) ?? { failures: [], since: 0, until: 0, probe: undefined }
      const isProbe = rest.probe === one
      if (how === 'lacks-model') {
        // One that says so is up.
        if (isProbe) rests.delete(one.upstream.name)
        if (lacking.size >= MAX_LACKING) lacking.clear()
        lacking.set(keyOf(one), now + LACKING_MS)
        return
      }
      rests.set(one.upstream.name, rest)
      if (isProbe) rest.probe = undefined
      rest.failures = [...rest.failures.filter((at) => at > now - FAILURES_MS), now].slice(-MOST_FAILURES)
      const isDown = how === 'refused' || rest.until > 0 || rest.failures.length === MOST_FAILURES
      const ms = retryAfter > 0 ? Math.min(retryAfter, MAX_REST_MS) : isDown ? REST_MS : 0
      // The rest of a probe was only to keep others away meanwhile.
      if (ms > 0) Object.assign(rest, { since: now, until: Math.max(isProbe ? 0 : rest.until, now + ms) })
    },
    toldNothing(one, now) {
      const rest = rests.get(one.upstream.name)
      if (rest?.probe === one) Object.assign(rest, { until: now, probe: undefined })
    },
  }
}
