/** Gives the word for each attempt at one stream, as `resume` decides: its hands and ears. */
import { asChatError, type ChatError } from './chat-error.ts'
import type { Environment } from './environment.ts'
import { beginning, type Happening, resume } from './resume.ts'
import { unlessAborted } from './unless-aborted.ts'

/**
 * Until the server answers an attempt with anything at all. It does so within 3 s, and the largest question
 * takes most of this to send on a slow phone.
 */
export const ANSWER_MS = 60_000

export interface Attempts {
  /**
   * Resolves when the next attempt is due and can be made, with the signal that ends it. The first is due at once.
   *
   * @throws {ChatError} what kept it from being made, where it is no use to try again
   * @throws the reason of the signal that was given, once it is aborted
   */
  next(): Promise<AbortSignal>
  opened(): void
  news(): void
  /** @throws {ChatError} `error`, where it is no use to try again */
  lost(error: ChatError): void
  /** Detaches all that was attached. */
  end(): void
}

interface Options {
  environment: Environment
  /** Whether the stream is known to be at the server. */
  taken: boolean
  signal?: AbortSignal | undefined
  /** What each attempt has to wait for. The server is not asked before, so the time that it has for its answer begins then. */
  ready?: (() => Promise<unknown>) | undefined
  /** Told when what was there is lost, or could not be had, and there will be another attempt. */
  waiting?(): void
}

/**
 * @example
 *   const attempts = createAttempts({ environment, taken: true })
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
export function createAttempts({ environment, taken, signal, ready, waiting }: Options): Attempts {
  let state = beginning({ now: environment.now(), online: environment.online(), taken })
  let due = Promise.withResolvers<void>()
  let attempt = new AbortController()
  let cancelPlan = () => {}
  let cancelDeadline = () => {}

  function happened(happening: Happening): ChatError | undefined {
    const { state: after, next } = resume(state, happening, environment.now(), environment.random())
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
  // It may be rejected while nobody waits for it.
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
    news: () => void happened({ kind: 'news' }),
    lost,
    end() {
      happened({ kind: 'ended' })
      stopListening()
      cancelPlan()
      cancelDeadline()
      signal?.removeEventListener('abort', leave)
      attempt.abort()
    },
  }
}
