/** Time as far as speech needs it: a parameter, so that a test need not wait. */
export interface Clock {
  /** In ms, from anywhere. */
  now(): number
  /** @returns what calls it off */
  after(ms: number, run: () => void): () => void
}

export const PAGE_CLOCK: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
