/** When to come back to a stream: a pure function of what happened. */
import type { ChatError } from './chat-error.ts'

export interface ResumeState {
  readonly phase: 'waiting' | 'trying' | 'open' | 'over'
  /** Whether there is a stream at the server. Before that, what the server refuses is its answer to the question. */
  readonly taken: boolean
  /** What the browser says. */
  readonly online: boolean
  /** Attempts in a row that brought nothing new. */
  readonly failures: number
  /** No attempt begins before this. */
  readonly earliest: number
  readonly openedAt: number
}

export type Happening =
  /** An attempt begins. */
  | { kind: 'trying' }
  /** The server answers it with a stream. */
  | { kind: 'opened' }
  /** Something came that had not come before. */
  | { kind: 'news' }
  /** The attempt failed, or the open connection did. */
  | { kind: 'lost'; error: ChatError }
  /** There is no more to come. */
  | { kind: 'ended' }
  | Sign

/** What a browser tells of the network and of its reader. */
export type Sign = { kind: 'online' } | { kind: 'offline' } | { kind: 'visible' }

export type Next =
  | { do: 'go on' }
  /** Instead of whatever is under way or was planned. */
  | { do: 'reconnect'; afterMs: number }
  | { do: 'give up'; error: ChatError }

/** From the beginning of one attempt to that of the next: whatever happens, there is no storm. */
export const MIN_INTERVAL_MS = 1_000

/** The wait after the first failure, doubled with each: half of it always, half by chance, so that readers spread out. */
const BACKOFF_BASE_MS = 500

/** Waits grow up to this: whoever looks at the page sees it go on soon after the network does. */
export const BACKOFF_MAX_MS = 15_000

/** With the waits between them five minutes, after which the Worker stops an answer that nobody reads. */
export const MAX_FAILURES = 30

/** The same before the server has taken the question: six seconds or so, after which a reader wants to be told. */
export const MAX_FAILURES_UNTAKEN = 5

/** A browser that says it is offline is believed, but for a minute: behind some VPNs and virtual networks it is wrong. */
export const OFFLINE_INTERVAL_MS = 60_000

/** A connection that lasted this long had a server at its other end, even where nothing new came: a model that thinks. */
export const LASTING_MS = 10_000

/** A server that asks for a longer wait is better asked again by a person. */
export const MAX_RETRY_AFTER_MS = 5 * 60_000

/** Request timeout, conflict, too early, too many requests: not a word on the stream itself. */
const PASSING = [408, 409, 425, 429]

/** The first attempt may begin at once. */
export function beginning({
  now,
  online,
  taken,
}: {
  now: number
  online: boolean
  taken: boolean
}): ResumeState {
  return { phase: 'waiting', taken, online, failures: 0, earliest: now, openedAt: now }
}

/**
 * @param now a monotonic clock, in milliseconds
 * @param chance a random number from 0 to 1
 * @example
 *   const { state, next } = resume(before, { kind: 'lost', error }, performance.now(), Math.random())
 *   if (next.do === 'reconnect') setTimeout(connect, next.afterMs)
 */
export function resume(
  state: ResumeState,
  happened: Happening,
  now: number,
  chance: number,
): { state: ResumeState; next: Next } {
  if (state.phase === 'over') return goOn(state)
  switch (happened.kind) {
    case 'trying':
      return goOn({ ...state, phase: 'trying', earliest: now + MIN_INTERVAL_MS })
    case 'opened':
      // One that was given up meanwhile is none any more.
      return goOn(state.phase === 'trying' ? { ...state, phase: 'open', taken: true, openedAt: now } : state)
    case 'news':
      return goOn(state.failures === 0 ? state : { ...state, failures: 0 })
    case 'lost':
      return lose(state, happened.error, now, chance)
    case 'ended':
      return goOn({ ...state, phase: 'over' })
    case 'offline': {
      const offline = { ...state, online: false }
      return state.phase === 'waiting' ? reconnect(offline, OFFLINE_INTERVAL_MS, now) : goOn(offline)
    }
    case 'online':
      // A connection from before may be dead and not know it: half a minute passes until its silence is noticed.
      return state.online && state.phase !== 'waiting'
        ? goOn(state)
        : reconnect({ ...state, online: true }, backoff(1, chance), now)
    case 'visible':
      // The timers of a hidden page are slow, and its reader is here now.
      return state.online && state.phase === 'waiting' ? reconnect(state, 0, now) : goOn(state)
  }
}

function lose(state: ResumeState, error: ChatError, now: number, chance: number) {
  // It was given up for another attempt, and says so only now.
  if (state.phase === 'waiting') return goOn(state)
  const lasted = state.phase === 'open' && now - state.openedAt >= LASTING_MS
  const failures = lasted ? 1 : state.failures + 1
  const retryAfterMs = error.retryAfterMs ?? 0
  const most = state.taken ? MAX_FAILURES : MAX_FAILURES_UNTAKEN
  if (!isPassing(error, state.taken) || failures >= most || retryAfterMs > MAX_RETRY_AFTER_MS) {
    return { state: { ...state, phase: 'over' as const }, next: { do: 'give up' as const, error } }
  }
  const earliest = Math.max(state.earliest, now + retryAfterMs)
  const wait = state.online ? retryAfterMs + backoff(failures, chance) : OFFLINE_INTERVAL_MS
  return reconnect({ ...state, failures, earliest }, wait, now)
}

/** Whether the same attempt may succeed later. */
function isPassing({ code, type, status }: ChatError, taken: boolean): boolean {
  // Its type too: a server is free to use the word as well.
  if (code === 'network' && type === 'client_error') return true
  if (!taken) return code === 'object_unavailable'
  return status !== null && (PASSING.includes(status) || status >= 500)
}

function backoff(failures: number, chance: number): number {
  const ceiling = Math.min(BACKOFF_BASE_MS * 2 ** (failures - 1), BACKOFF_MAX_MS)
  return (ceiling / 2) * (1 + chance)
}

function reconnect(state: ResumeState, waitMs: number, now: number) {
  const afterMs = Math.max(waitMs, state.earliest - now)
  return { state: { ...state, phase: 'waiting' as const }, next: { do: 'reconnect' as const, afterMs } }
}

function goOn(state: ResumeState) {
  return { state, next: { do: 'go on' as const } }
}
