/**
 * Queues sentences for speech.
 *
 * A screen reader speaks everything it is given, in order, and can't be told to drop it. A model writes up to
 * ten times as fast as a voice speaks, so the voice would go on for minutes after its reader has moved on,
 * and delay urgent messages. Sentences therefore wait here: they are handed out about as fast as they can be
 * spoken, and if too many wait, the rest is left for the reader to read.
 */
import { MAX_ANNOUNCEMENT_CHARS } from './clauses.ts'

/**
 * Least time between two announcements: faster ones are hard to follow, and a screen reader may merge them.
 */
const PACE_MS = 1000
/**
 * A fast voice, about 300 words a minute. A slower voice falls at most a few sentences behind, and a faster
 * one makes short pauses.
 */
const SPOKEN_CHARS_PER_SECOND = 25
/** The next announcement is handed out this long before the voice needs it. */
const AHEAD_MS = 2000
/** Two minutes of speech, about 500 words: a reader who waits longer would rather read. */
export const MAX_WAITING_CHARS = 3000

/** Scripts in which a character is about one or two syllables. */
const SYLLABLES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu
const CHARS_PER_SYLLABLE = 3

export interface SpeechQueue {
  /** Whether something is waiting to be spoken. */
  readonly waits: boolean
  /** Whether too much text came. From then on `add` ignores sentences. */
  readonly overrun: boolean
  add(sentence: string): void
  /**
   * Sets the message that comes last, whatever the voice is still speaking. It replaces an earlier one that
   * has not been handed out.
   */
  conclude(message: string | undefined): void
  /** @returns the next announcement, if it is due */
  take(now: number): string | undefined
  /** Drops everything that waits, and starts afresh. */
  clear(): void
}

export function createSpeechQueue(max = MAX_WAITING_CHARS): SpeechQueue {
  let waiting: string[] = []
  let length = 0
  let overrun = false
  let conclusion: string | undefined
  let last = Number.NEGATIVE_INFINITY
  /** When the voice has most likely finished what it was given. */
  let silentAt = 0

  function given(announcement: string, now: number): string {
    last = now
    silentAt = Math.max(now, silentAt) + (spokenLength(announcement) / SPOKEN_CHARS_PER_SECOND) * 1000
    return announcement
  }

  return {
    get waits() {
      return waiting.length > 0 || conclusion !== undefined
    },
    get overrun() {
      return overrun
    },
    add(sentence) {
      if (overrun) return
      waiting.push(sentence)
      length += spokenLength(sentence)
      if (length <= max) return
      overrun = true
      // Keep one more announcement: if an answer arrives all at once, its beginning is still spoken.
      waiting = waiting.slice(0, fitting(waiting))
    },
    conclude(message) {
      conclusion = message
    },
    take(now) {
      if (now < last + PACE_MS) return undefined
      if (waiting.length === 0) {
        const message = conclusion
        conclusion = undefined
        return message === undefined ? undefined : given(message, now)
      }
      if (now < silentAt - AHEAD_MS) return undefined
      const taken = waiting.splice(0, fitting(waiting))
      for (const sentence of taken) length -= spokenLength(sentence)
      return given(taken.join(' '), now)
    },
    clear() {
      waiting = []
      length = 0
      overrun = false
      conclusion = undefined
    },
  }
}

/** How many of the sentences fit into one announcement. */
function fitting(sentences: string[]): number {
  let chars = 0
  const tooMany = sentences.findIndex((sentence, index) => {
    chars += sentence.length + 1
    return index > 0 && chars > MAX_ANNOUNCEMENT_CHARS
  })
  return tooMany < 0 ? sentences.length : tooMany
}

function spokenLength(text: string): number {
  return text.length + (text.match(SYLLABLES)?.length ?? 0) * (CHARS_PER_SYLLABLE - 1)
}
