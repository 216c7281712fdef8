/** Runs the reconnect loop of one stream: timers, signals and browser events for the pure `resume`. */
import { asChatError, type ChatError } from './chat-error.ts'
import type { Environment } from './environment.ts'
import { beginning, type ResumeEvent, resume } from './resume.ts'
import { unlessAborted } from './unless-aborted.ts'

/**
 * The longest wait for any answer to an attempt. The server answers within 3 s; sending the largest question
 * over a slow phone connection takes most of this time.
 */
export const ANSWER_MS = 60_000

export interface Attempts {
  /**
   * Resolves when the next attempt is due and possible, with the signal that ends it. The first is due at
   * once.
   *
   * @throws {ChatError} why the attempt can't be made, if retrying is useless
   * @throws the reason of the caller's signal, once it is aborted
   */
  next(): Promise<AbortSignal>
  opened(): void
  newEvent(): void
  /** @throws {ChatError} `error`, if retrying is useless */
  lost(error: ChatError): void
  /** Detaches all listeners and timers. @param isWhole whether the connection closes by itself */
  end(isWhole?: boolean): void
}

interface Options {
  environment: Environment
  /** Whether the server has the stream already. */
  accepted: boolean
  signal?: AbortSignal | undefined
  /** Awaited before each attempt. The deadline for the server's answer starts after it. */
  ready?: (() => Promise<unknown>) | undefined
  /** Called when a connection is lost or could not be made, and another attempt will follow. */
  waiting?(): void
}

/**
 * @example
 *   const attempts = createAttempts({ environment, accepted: true })
 *   try {
 *     for (;;) {
 *       const signal = await attempts.next()
 *       try {
 *         return await fetch(url, { signal })
 *       } catch (error) {
 *         attempts.lost(error)
 *       }
 *     }
 *   } finally {
 *     attempts.end()
 *   }
 */
export function createAttempts({ environment, accepted, signal, ready, waiting }: Options): Attempts {
  let state = beginning({ now: environment.now(), online: environment.online(), accepted })
  let due = Promise.withResolvers<void>()
  let attempt = new AbortController()
  let cancelPlan = () => {}
  let cancelDeadline = () => {}

  function happened(event: ResumeEvent): ChatError | undefined {
    const { state: after, next } = resume(state, event, environment.now(), environment.random())
    state = after
    if (next.do === 'give up') return next.error
    if (next.do === 'go on') return undefined
    cancelDeadline()
    cancelPlan()
    attempt.abort()
    cancelPlan = environment.timer(next.afterMs, () => due.resolve())
    waiting?.()
    return undefined
  }

  const stopListening = environment.listen(happened)
  const leave = () => due.reject(signal?.reason)
  // The promise may reject while there is no `next` waiting for it.
  due.promise.catch(() => {})
  due.resolve()
  signal?.addEventListener('abort', leave)

  function lost(error: ChatError): void {
    cancelDeadline()
    const final = happened({ kind: 'lost', error })
    if (final) throw final
  }

  async function next(): Promise<AbortSignal> {
    await due.promise
    signal?.throwIfAborted()
    due = Promise.withResolvers()
    due.promise.catch(() => {})
    attempt = new AbortController()
    happened({ kind: 'trying' })
    const ends = signal ? AbortSignal.any([signal, attempt.signal]) : attempt.signal
    try {
      if (ready) await unlessAborted(ready(), ends)
    } catch (error) {
      signal?.throwIfAborted()
      lost(asChatError(error, null))
      return next()
    }
    cancelDeadline = environment.timer(ANSWER_MS, () => attempt.abort())
    return ends
  }

  return {
    next,
    opened() {
      cancelDeadline()
      happened({ kind: 'opened' })
    },
    newEvent: () => void happened({ kind: 'newEvent' }),
    lost,
    end(isWhole = false) {
      happened({ kind: 'ended' })
      stopListening()
      cancelPlan()
      cancelDeadline()
      signal?.removeEventListener('abort', leave)
      if (!isWhole) attempt.abort()
    },
  }
}
