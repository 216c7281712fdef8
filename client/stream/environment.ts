/** What coming back to a stream needs of the world around it: clock, chance, timers, and signs of the network. */
import type { Sign } from './resume.ts'

export interface Environment {
  /** A monotonic clock, in milliseconds. */
  now(): number
  /** From 0 to 1. */
  random(): number
  online(): boolean
  /** @returns what cancels it */
  timer(ms: number, fire: () => void): () => void
  /** @returns what detaches it */
  listen(on: (sign: Sign) => void): () => void
}

/** The browser's own. Where there is no window (Node, a Worker) nothing is ever told, and that is all. */
export const environment: Environment = {
  now: () => performance.now(),
  random: Math.random,
  // Not `=== true`: Node has a navigator that knows nothing of it.
  online: () => globalThis.navigator?.onLine !== false,
  timer(ms, fire) {
    const timer = setTimeout(fire, ms)
    return () => clearTimeout(timer)
  },
  listen(on) {
    if (typeof window === 'undefined') return () => {}
    const detach = new AbortController()
    const { signal } = detach
    window.addEventListener('online', () => on({ kind: 'online' }), { signal })
    window.addEventListener('offline', () => on({ kind: 'offline' }), { signal })
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState === 'visible') on({ kind: 'visible' })
      },
      { signal },
    )
    return () => detach.abort()
  },
}
