/**
 * Keeps the conversation over a reload: in this tab alone, and gone with it. A tab that is duplicated takes a copy along,
 * so that both watch the same answer.
 */
import type { Turn } from './conversation.ts'

const NAME = 'millrace-conversation'

/** While an answer grows, this often: it comes anew after a reload, this is for when it can't. */
const INTERVAL_MS = 1_000

/** Of questions and answers. A tab has room for 5 million characters, which it shares with whatever else is kept there. */
export const MAX_KEPT_CHARS = 1_000_000

export interface KeptTurns {
  /** What was kept before the page was loaded; nothing where that can't be read. */
  load(): Turn[]
  /** @param when `soon`, for what changes many times a second */
  save(turns: readonly Turn[], when: 'now' | 'soon'): void
  /** Saves what was to be saved soon. */
  flush(): void
}

/** @param store `sessionStorage`, which throws where a strict privacy setting refuses it, also when it is only named */
export function keepTurns(
  store: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = () => sessionStorage,
): KeptTurns {
  let waiting: readonly Turn[] | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function write(turns: readonly Turn[]): void {
    clearTimeout(timer)
    timer = waiting = undefined
    try {
      store().setItem(NAME, JSON.stringify(newest(turns)))
    } catch {
      forget()
    }
  }

  /** What stood there is worse than nothing, where the new has no room. */
  function forget(): void {
    try {
      store().removeItem(NAME)
    } catch {}
  }

  function flush(): void {
    if (waiting) write(waiting)
  }

  return {
    load() {
      try {
        const value: unknown = JSON.parse(store().getItem(NAME) ?? '[]')
        return Array.isArray(value) ? value.filter(isTurn) : []
      } catch {
        return []
      }
    },
    save(turns, when) {
      if (when === 'now') return write(turns)
      waiting = turns
      timer ??= setTimeout(flush, INTERVAL_MS)
    },
    flush,
  }
}

/** The last turns that have room. The very last is always among them, if need be without its answer. */
function newest(turns: readonly Turn[]): Turn[] {
  const kept: Turn[] = []
  let room = MAX_KEPT_CHARS
  for (const turn of turns.toReversed()) {
    room -= turn.question.length + turn.answer.length
    if (room < 0 && kept.length > 0) break
    kept.unshift(room < 0 ? { ...turn, answer: '' } : turn)
  }
  return kept
}

/** What another version of the page may have left is none of ours. */
function isTurn(value: unknown): value is Turn {
  if (typeof value !== 'object' || value === null) return false
  const { question, answer, end, pending } = value as Partial<Record<keyof Turn, unknown>>
  return (
    typeof question === 'string' && typeof answer === 'string' && (end !== undefined || pending !== undefined)
  )
}
