/** The clock of the Worker under chaos, and its intervals, counted. */
import { env } from 'cloudflare:workers'

/** `ahead`: of the machine's clock, in milliseconds. A deployment goes on with the clock of the one before. */
export const clock = { ahead: Number((env as Record<string, unknown>).CHAOS_CLOCK_AHEAD ?? 0) }

const machineNow = Date.now.bind(Date)
Date.now = () => machineNow() + clock.ahead

/** How often intervals have fired: while nothing runs, this stands still. */
export const timers = { ticks: 0 }

const every = globalThis.setInterval
globalThis.setInterval = ((work: () => void, ms?: number) =>
  every(() => {
    timers.ticks++
    work()
  }, ms)) as typeof setInterval
