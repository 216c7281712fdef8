/**
 * The platform lets six outgoing connections of an object wait for their headers, and may cancel a stalled
 * one if there is a seventh. So calls take turns: each holds a place until its headers are there, and the
 * others wait in order. The moderation's calls come first, since running answers wait for them. One place is
 * theirs alone, so that an upstream that withholds its headers holds up no answer that runs.
 */
import { ApiError } from '../errors.ts'
import { MAX_HEADERLESS_CALLS, MAX_WAITING_OPENINGS } from '../limits.ts'
import { reasonOf } from './call.ts'

/** What gives the place back, to be called once; or why there is none. */
export type Turn = (() => void) | ApiError

/**
 * Not a promise if there is nothing to wait for, so that the call is made at once.
 * @param signal whose abort leaves the queue
 */
export type TakeTurn = (signal: AbortSignal) => Turn | Promise<Turn>

export interface Turns {
  call: TakeTurn
  verdict: TakeTurn
}

interface Queue {
  /** Below how many taken places one of these calls may be made, and how many may wait. */
  places: number
  most: number
  waiting: Set<() => void>
}

/** @param moderated whether the moderation makes calls too */
export function createTurns(moderated: boolean): Turns {
  let taken = 0
  const newQueue = (places: number, most: number): Queue => ({ places, most, waiting: new Set() })
  // Running answers bound the number of verdicts.
  const verdicts = newQueue(MAX_HEADERLESS_CALLS, Number.POSITIVE_INFINITY)
  const calls = newQueue(MAX_HEADERLESS_CALLS - (moderated ? 1 : 0), MAX_WAITING_OPENINGS)

  function giveBack(): void {
    taken--
    for (const { places, waiting } of [verdicts, calls]) {
      for (const next of waiting) {
        if (taken >= places) break
        waiting.delete(next)
        taken++
        next()
      }
    }
  }

  async function wait({ waiting }: Queue, signal: AbortSignal): Promise<Turn> {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.add(resolve)
    const leave = () => {
      // One that has just got its place gives it to the next.
      if (!waiting.delete(resolve)) giveBack()
      resolve()
    }
    signal.addEventListener('abort', leave)
    await promise
    signal.removeEventListener('abort', leave)
    return signal.aborted ? reasonOf(signal) : giveBack
  }

  const takeFrom =
    (queue: Queue): TakeTurn =>
    (signal) => {
      if (signal.aborted) return reasonOf(signal)
      if (queue.waiting.size >= queue.most) return new ApiError('too_many_openings')
      if (taken >= queue.places) return wait(queue, signal)
      taken++
      return giveBack
    }

  return { call: takeFrom(calls), verdict: takeFrom(verdicts) }
}
