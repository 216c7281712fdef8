/**
 * How late the machine is. On a loaded machine, a deadline of Millrace can pass though nothing is done to a
 * call, and a wait of the harness can be too short. So beats go the way of a call during the whole run:
 * through both networks and the Worker, but not through Millrace. When a beat is late, so are the calls.
 */

/** What a beat takes on a machine that has time. */
const USUAL_MS = 50
/** Of any time, at most this part counts as late: so every wait ends. */
const MOST_LATE = 0.75

export interface Lateness {
  /** A beat begins. @returns what to call at its end */
  begin(): () => void
  /** By how much beats were late between two times of the clock. */
  between(from: number, to: number): number
  /** How long it is since then, without the time by which the machine was late. */
  since(from: number): number
}

/** @param now a clock in milliseconds */
export function createLateness(now: () => number): Lateness {
  /** In the order of their beginnings. A beat that runs has no end. */
  const beats: { from: number; to: number | undefined }[] = []

  function between(from: number, to: number): number {
    let late = 0
    for (let at = beats.length - 1; at >= 0; at--) {
      const beat = beats[at] as (typeof beats)[number]
      const end = beat.to ?? now()
      if (end <= from) break
      const beyondUsual = Math.max(0, end - beat.from - USUAL_MS)
      const within = Math.max(0, Math.min(end, to) - Math.max(beat.from, from))
      late += Math.min(beyondUsual, within)
    }
    return late
  }

  return {
    begin() {
      const beat: (typeof beats)[number] = { from: now(), to: undefined }
      beats.push(beat)
      return () => {
        beat.to = now()
      }
    },
    between,
    since(from) {
      const passed = now() - from
      return passed - Math.min(between(from, now()), MOST_LATE * passed)
    },
  }
}
