/** An object is a server with one thread: requests are served in the order in which they come. */

/** What one kind of server was asked for, and how long that waited. Times before `from` don't count. */
export interface Gauge {
  readonly waits: number[]
  /** The most requests in one second of one server. */
  readonly busiest: number
  /** Requests in each second from `from` on, of all servers together. */
  readonly bySecond: readonly number[]
  count(at: number, waited: number, inSecond: number): void
}

export function createGauge(from: number): Gauge {
  const waits: number[] = []
  const bySecond: number[] = []
  let busiest = 0
  return {
    waits,
    bySecond,
    get busiest() {
      return busiest
    },
    count(at, waited, inSecond) {
      if (at < from) return
      waits.push(waited)
      busiest = Math.max(busiest, inSecond)
      const second = Math.floor((at - from) / 1000)
      while (bySecond.length <= second) bySecond.push(0)
      bySecond[second] = (bySecond[second] ?? 0) + 1
    },
  }
}

export interface Server {
  /** @returns when the work that comes at `at` is done; not before that of earlier calls */
  serve(at: number, workMs: number): number
}

export function createServer(gauge: Gauge): Server {
  let freeAt = 0
  let second = 0
  let inSecond = 0
  return {
    serve(at, workMs) {
      const begun = Math.max(freeAt, at)
      freeAt = begun + workMs
      if (Math.floor(at / 1000) !== second) [second, inSecond] = [Math.floor(at / 1000), 0]
      inSecond++
      gauge.count(at, begun - at, inSecond)
      return freeAt
    },
  }
}

export interface Spread {
  p50: number
  p99: number
  max: number
}

export function spreadOf(figures: readonly number[]): Spread {
  const sorted = Float64Array.from(figures).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}
