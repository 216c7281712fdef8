/** Decides when to reconnect to a stream: a pure function of what happened. */
import type { ChatError } from './chat-error.ts'

export interface ResumeState {
  readonly phase: 'waiting' | 'trying' | 'open' | 'over'
  /**
   * Whether the server has accepted the question, so that a stream exists. A refusal before that is the
   * answer to the question.
   */
  readonly accepted: boolean
  /** Whether the browser says that it is online. */
  readonly online: boolean
  /** Attempts in a row without a new event. */
  readonly failures: number
  /** No attempt begins before this time. */
  readonly earliest: number
  readonly openedAt: number
}

export type ResumeEvent =
  /** An attempt begins. */
  | { kind: 'trying' }
  /** The server answers the attempt with a stream. */
  | { kind: 'opened' }
  /** An event came that the reader did not have. */
  | { kind: 'newEvent' }
  /** The attempt or the open connection failed. */
  | { kind: 'lost'; error: ChatError }
  /** The stream has ended. */
  | { kind: 'ended' }
  | Sign

/** Signs of the network and of the reader, from the browser. */
export type Sign = { kind: 'online' } | { kind: 'offline' } | { kind: 'visible' }

export type Next =
  | { do: 'go on' }
  /** Replaces the current or planned attempt. */
  | { do: 'reconnect'; afterMs: number }
  | { do: 'give up'; error: ChatError }

/** The least time from the start of one attempt to the start of the next, to prevent a storm of requests. */
export const MIN_INTERVAL_MS = 1_000

/**
 * The wait after the first failure; each further failure doubles it. Half of it is random, so that readers
 * spread out.
 */
const BACKOFF_BASE_MS = 500

/** The longest wait. With it, a visible page continues soon after the network is back. */
export const BACKOFF_MAX_MS = 15_000

/** With the waits between them five minutes, after which the Worker stops an answer without readers. */
export const MAX_FAILURES = 30

/**
 * The same before the server has accepted the question: about six seconds, after which the reader should be
 * told.
 */
export const MAX_FAILURES_UNACCEPTED = 5

/**
 * A browser that says it is offline is believed for a minute: with some VPNs and virtual networks it is
 * wrong.
 */
export const OFFLINE_INTERVAL_MS = 60_000

/**
 * A connection that lasted this long reached a server, even without a new event: the model may be thinking.
 */
export const LASTING_MS = 10_000

/** If a server asks for a longer wait, the reader should decide whether to ask again. */
export const MAX_RETRY_AFTER_MS = 5 * 60_000

/**
 * Request timeout, conflict, too early, too many requests: statuses that say nothing about the stream
 * itself.
 */
const PASSING = [408, 409, 425, 429]

/** The first attempt may begin at once. */
export function beginning({
  now,
  online,
  accepted,
}: {
  now: number
  online: boolean
  accepted: boolean
}): ResumeState {
  return { phase: 'waiting', accepted, online, failures: 0, earliest: now, openedAt: now }
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
  happened: ResumeEvent,
  now: number,
  chance: number,
): { state: ResumeState; next: Next } {
  if (state.phase === 'over') return goOn(state)
  switch (happened.kind) {
    case 'trying':
      return goOn({ ...state, phase: 'trying', earliest: now + MIN_INTERVAL_MS })
    case 'opened':
      // The attempt may have been given up meanwhile.
      return goOn(
        state.phase === 'trying' ? { ...state, phase: 'open', accepted: true, openedAt: now } : state,
      )
    case 'newEvent':
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
      // An old connection may be dead without an error; its silence is noticed only after half a minute.
      return state.online && state.phase !== 'waiting'
        ? goOn(state)
        : reconnect({ ...state, online: true }, backoff(1, chance), now)
    case 'visible':
      // Timers of a hidden page are slow, and its reader is back now.
      return state.online && state.phase === 'waiting' ? reconnect(state, 0, now) : goOn(state)
  }
}

function lose(state: ResumeState, error: ChatError, now: number, chance: number) {
  // The attempt was given up for another one, and its failure arrives late.
  if (state.phase === 'waiting') return goOn(state)
  const lasted = state.phase === 'open' && now - state.openedAt >= LASTING_MS
  // A question that was asked offline waits for a network, however long that takes.
  const waits = !state.online && !state.accepted
  const failures = lasted ? 1 : state.failures + (waits ? 0 : 1)
  const retryAfterMs = error.retryAfterMs ?? 0
  const most = state.accepted ? MAX_FAILURES : MAX_FAILURES_UNACCEPTED
  if (!isPassing(error, state.accepted) || failures >= most || retryAfterMs > MAX_RETRY_AFTER_MS) {
    return { state: { ...state, phase: 'over' as const }, next: { do: 'give up' as const, error } }
  }
  const earliest = Math.max(state.earliest, now + retryAfterMs)
  const wait = state.online ? retryAfterMs + backoff(failures, chance) : OFFLINE_INTERVAL_MS
  return reconnect({ ...state, failures, earliest }, wait, now)
}

/** Whether the same attempt may succeed later. */
function isPassing({ code, type, status }: ChatError, accepted: boolean): boolean {
  // The type is checked too, because a server may use the same code.
  if (code === 'network' && type === 'client_error') return true
  if (!accepted) return code === 'object_unavailable'
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
