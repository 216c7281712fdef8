/** The clock used for speech, replaceable in tests. */
export interface Clock {
  /** Milliseconds since an arbitrary time. */
  now(): number
  /** @returns a function that cancels `run` */
  after(ms: number, run: () => void): () => void
}

export const PAGE_CLOCK: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
