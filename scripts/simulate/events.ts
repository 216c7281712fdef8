/** What happens when: a queue of events by their time, and the clock that they move. */

export interface Events {
  /** Milliseconds since the epoch. */
  now(): number
  /** Does `work` at this time, or now if it has passed. What was asked for first is done first. */
  at(time: number, work: () => void): void
  after(ms: number, work: () => void): void
  /** A promise that an event resolves. What follows from it is done before the next event. */
  promise(settle: (resolve: () => void) => void): Promise<void>
  /** Does the same for what an event has begun. */
  drain(): void
  /** As `sleep` of the Worker, by this clock. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /**
   * Does all that happens until `end`.
   * @param afterEach called after each event; throws if something is wrong
   */
  run(end: number, afterEach?: () => void): Promise<void>
}

interface Event {
  time: number
  order: number
  work: () => void
}

const isBefore = (a: Event, b: Event) => a.time < b.time || (a.time === b.time && a.order < b.order)

export function createEvents(start: number): Events {
  /** A binary heap: each event comes before the two at twice its place. */
  const heap: Event[] = []
  let clock = start
  let count = 0
  let isDrained = true

  function push(event: Event): void {
    let place = heap.length
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(event, above)) break
      heap[place] = above
      place = parent
    }
    heap[place] = event
  }

  function pop(): Event | undefined {
    const [first] = heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      const [left, right] = [heap[child], heap[child + 1]]
      if (left === undefined) break
      if (right !== undefined && isBefore(right, left)) child++
      const least = heap[child]
      if (least === undefined || !isBefore(least, last)) break
      heap[place] = least
      place = child
    }
    heap[place] = last
    return first
  }

  function drain(): void {
    isDrained = false
  }

  const promise: Events['promise'] = (settle) =>
    new Promise((resolve) =>
      settle(() => {
        drain()
        resolve()
      }),
    )

  const at = (time: number, work: () => void) => push({ time: Math.max(time, clock), order: count++, work })

  return {
    now: () => clock,
    at,
    after: (ms, work) => at(clock + ms, work),
    promise,
    drain,
    sleep(ms, signal) {
      if (ms <= 0 || signal?.aborted) return Promise.resolve()
      return promise((resolve) => {
        at(clock + ms, resolve)
        signal?.addEventListener('abort', resolve)
      })
    },
    async run(end, afterEach) {
      for (;;) {
        const next = heap[0]
        if (next === undefined || next.time >= end) break
        pop()
        clock = next.time
        next.work()
        while (!isDrained) {
          isDrained = true
          await new Promise((resolve) => setImmediate(resolve))
        }
        afterEach?.()
      }
      clock = end
    },
  }
}
