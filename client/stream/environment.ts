/**
 * The parts of the environment that reconnecting needs: clock, randomness, timers, and signs of the network.
 */
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

/** The browser's environment. Without a window (Node, a Worker) there are no signs. */
export const environment: Environment = {
  now: () => performance.now(),
  random: Math.random,
  // `!== false`, because Node has a navigator without `onLine`.
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
