/** A world in which time passes when nothing else is left to happen. */
import { setImmediate } from 'node:timers/promises'
import type { Environment } from '../../client/stream/environment.ts'
import type { Sign } from '../../client/stream/resume.ts'

interface Timer {
  at: number
  fire(): void
}

export interface World {
  environment: Environment
  /** The time. */
  now(): number
  /** What the browser tells. */
  sign(kind: Sign['kind']): void
  /** Listeners and timers that are there. */
  attached(): number
  /** Lets the time pass, timer by timer, until the promise is settled. */
  until<T>(promise: Promise<T>): Promise<T>
  /** The same for so long. */
  pass(ms: number): Promise<void>
}

/** @param chance what `random` gives */
export function fakeWorld({ online = true, chance = 0.5 } = {}): World {
  let time = 0
  let timers: Timer[] = []
  const listeners = new Set<(sign: Sign) => void>()

  /** Fires the next timer, if it is due by then. */
  function tick(limit: number): boolean {
    const [next] = timers.toSorted((a, b) => a.at - b.at)
    if (!next || next.at > limit) return false
    timers = timers.filter((timer) => timer !== next)
    time = Math.max(time, next.at)
    next.fire()
    return true
  }

  return {
    environment: {
      now: () => time,
      random: () => chance,
      online: () => online,
      timer(ms, fire) {
        const timer = { at: time + ms, fire }
        timers.push(timer)
        return () => {
          timers = timers.filter((other) => other !== timer)
        }
      },
      listen(on) {
        listeners.add(on)
        return () => listeners.delete(on)
      },
    },
    now: () => time,
    sign(kind) {
      if (kind !== 'visible') online = kind === 'online'
      for (const listener of listeners) listener({ kind })
    },
    attached: () => timers.length + listeners.size,
    async until(promise) {
      let settled = false
      const settle = () => {
        settled = true
      }
      promise.then(settle, settle)
      for (;;) {
        await setImmediate()
        if (settled) return promise
        if (!tick(Number.POSITIVE_INFINITY)) throw new Error('Nothing is left that could happen.')
      }
    },
    async pass(ms) {
      const end = time + ms
      do await setImmediate()
      while (tick(end))
      time = end
    },
  }
}
