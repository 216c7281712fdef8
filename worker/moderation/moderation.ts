/**
 * Moderates one streamed answer: takes its events as they come, has their text judged window by window, one
 * call at a time, and releases what may be shown.
 *
 * - `hold`: an item is released only after it has passed.
 * - `retract`: text is released at once, at most `lead` characters ahead of what has passed. If a text is
 *   flagged or the answer is stopped, the text that is ahead has to be withdrawn. So the text that a reader
 *   keeps has passed, in both modes.
 *
 * @example
 *   const release = (items: string[]) => items.forEach((data) => log.append(data))
 *   const moderation = createModeration({ judge, mode, unreachable, release })
 *   void moderation.ended.then(({ state }) => state === 'flagged' && call.abort(flagged))
 *   for (const event of events) await moderation.push(event.data, event)
 *   const { state } = await moderation.end() // then the log's own end
 */

import type { AnswerEvent } from '../formats/answer-format.ts'
import { HELD_ITEM_CHARS, MODERATION_WINDOWS, type WindowSizes } from '../limits.ts'
import type { Judge, Unreachable, Verdict } from './judge.ts'
import { createWindows } from './windows.ts'

export type Mode = { kind: 'hold' } | { kind: 'retract'; lead: number }

export interface Moderation<T> {
  /**
   * Takes the next item. Items after the answer's end, or after a flagged text, are dropped.
   *
   * @param event the item as an event; `undefined` for a comment
   * @returns when there is room for more: a caller that doesn't wait fills the memory
   */
  push(item: T, event: AnswerEvent | undefined): Promise<void>
  /** Ends the input: the held text is judged, and released if it passes. */
  end(): Promise<Outcome>
  /** Ends the moderation without a reader: no more items are released, and no calls are made. */
  stop(): void
  /** Resolves as soon as the outcome is known, possibly long before the upstream's end. */
  readonly ended: Promise<Outcome>
  /** How many of the last released items have not passed: 0 in `hold`. A journal waits for them. */
  readonly ahead: number
}

export type Outcome =
  /** All items have been released. `told`: the last of them was the answer's end, or an error. */
  | { state: 'passed'; told: boolean }
  | ({ state: 'flagged'; categories: readonly string[] } & Withheld)
  /** Judging failed, and `unreachable` is `closed`. */
  | ({ state: 'unavailable'; why: string } & Withheld)
  | ({ state: 'stopped' } & Withheld)

/** An answer that was ended early by moderation. */
export interface Withheld {
  /** How many of the last released items contain text to withdraw. A journal overwrites it. */
  withdrawn: number
  /** By choice, how many characters its readers withdraw; `undefined`: no text was shown. */
  retract: Record<string, number> | undefined
  /** Choices that had not ended. */
  open: readonly number[]
}

export interface ModerationOptions<T> {
  judge: Judge
  mode: Mode
  unreachable: Unreachable
  /** Takes the items that may be shown, in order; it must not throw. */
  release(items: T[]): void
  sizes?: WindowSizes
  /** A clock in milliseconds. */
  now?: () => number
}

export function createModeration<T>({
  judge,
  mode,
  unreachable,
  release,
  sizes = MODERATION_WINDOWS,
  now = Date.now,
}: ModerationOptions<T>): Moderation<T> {
  const windows = createWindows<T>(sizes, mode.kind === 'retract' ? mode.lead : 0)
  const { promise: ended, resolve } = Promise.withResolvers<Outcome>()
  const calls = new AbortController()
  let outcome: Outcome | undefined
  let told = false
  let judging = false
  /** Cancels the scheduled look. */
  let putOff = () => {}
  let room = Promise.withResolvers<void>()
  /** After the first `open` fallback, later windows are tried once without waiting. */
  let mayRetry = true

  function settle(how: Outcome): void {
    if (outcome !== undefined) return
    outcome = how
    putOff()
    calls.abort()
    room.resolve()
    resolve(how)
  }

  function withheld(): Withheld {
    const { items, chars } = windows.ahead()
    return { withdrawn: items, retract: chars, open: windows.open() }
  }

  /** Releases what has passed, and looks whether a window can be judged. */
  function turn(): void {
    if (outcome !== undefined) return
    const items = windows.take()
    if (items.length > 0) release(items)
    if (windows.room) {
      room.resolve()
      room = Promise.withResolvers<void>()
    }
    if (windows.over) settle({ state: 'passed', told })
    else if (windows.stuck) settle({ state: 'unavailable', why: 'more is held than may be', ...withheld() })
    else if (!judging) look()
  }

  /** Has the next window judged if it closes now, or schedules the next look. */
  function look(): void {
    putOff()
    const next = windows.next(now())
    if (next === undefined) return
    if ('texts' in next) void judgeWindow(next.texts)
    else {
      const timer = setTimeout(turn, next.wait)
      putOff = () => clearTimeout(timer)
    }
  }

  async function judgeWindow(texts: string[]): Promise<void> {
    judging = true
    const verdict = await judge(texts, { signal: calls.signal, mayRetry }).catch(
      (error: unknown): Verdict => ({ kind: 'unavailable', why: String(error) }),
    )
    judging = false
    if (verdict.kind === 'flagged') {
      return settle({ state: 'flagged', categories: verdict.categories, ...withheld() })
    }
    if (verdict.kind === 'unavailable') {
      if (unreachable === 'closed') return settle({ state: 'unavailable', why: verdict.why, ...withheld() })
      mayRetry = false
    }
    windows.pass()
    turn()
  }

  function close(): void {
    windows.close()
    turn()
  }

  return {
    async push(item, event) {
      if (outcome !== undefined || told) return
      const ends = event?.kind === 'done' || event?.kind === 'error'
      const { texts = [], finished = [], data = '' } = event ?? {}
      windows.add(item, { texts, finished, ends }, HELD_ITEM_CHARS + data.length, now())
      told = ends
      if (told) windows.close()
      turn()
      while (outcome === undefined && !windows.room) await room.promise
    },
    end() {
      close()
      return ended
    },
    stop: () => settle({ state: 'stopped', ...withheld() }),
    ended,
    get ahead() {
      return windows.ahead().items
    },
  }
}
