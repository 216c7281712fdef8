/**
 * What is to be spoken, a little at a time. A screen reader speaks all that it is given, in order, and what it was given
 * can't be taken back: a model that writes ten times as fast as a voice speaks would keep it speaking for minutes after
 * its reader has gone elsewhere, and hold up what is urgent. So what waits, waits here: it is given out about as fast as it
 * can be spoken, and when too much of it waits, it is left to be read.
 */
import { MOST_CHARS } from './clauses.ts'

/** Nobody follows what comes faster than this, and a screen reader may take it as one. */
const PACE_MS = 1000
/**
 * A fast voice, about 300 words a minute. A slower one gets at most a few sentences ahead of itself, a faster one makes
 * short pauses.
 */
const SPOKEN_CHARS_PER_SECOND = 25
/** The next is given out shortly before the voice needs it. */
const AHEAD_MS = 2000
/** Two minutes of speech, an answer of 500 words: as long as anybody waits for what they could have read. */
export const MOST_WAITING_CHARS = 3000

/** A character of these is about a syllable or two. */
const SYLLABLES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu
const CHARS_PER_SYLLABLE = 3

export interface SpeechQueue {
  /** Whether something waits to be spoken. */
  readonly waits: boolean
  /** Whether too much came: from then on nothing is taken any more. */
  readonly overrun: boolean
  add(sentence: string): void
  /** Says this last, and without regard for the voice. In place of an earlier such message that is still to be said. */
  conclude(message: string | undefined): void
  /** @returns what may be spoken now */
  take(now: number): string | undefined
  /** Forgets what waits, and begins anew. */
  clear(): void
}

export function createSpeechQueue(most = MOST_WAITING_CHARS): SpeechQueue {
  let waiting: string[] = []
  let length = 0
  let overrun = false
  let conclusion: string | undefined
  let last = Number.NEGATIVE_INFINITY
  /** When the voice has most likely spoken all that it was given. */
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
      if (length <= most) return
      overrun = true
      // The next announcement is still made: of an answer that comes at once, its beginning is heard.
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

/** How many of these are one announcement. */
function fitting(sentences: string[]): number {
  let chars = 0
  const tooMany = sentences.findIndex((sentence, index) => {
    chars += sentence.length + 1
    return index > 0 && chars > MOST_CHARS
  })
  return tooMany < 0 ? sentences.length : tooMany
}

function spokenLength(text: string): number {
  return text.length + (text.match(SYLLABLES)?.length ?? 0) * (CHARS_PER_SYLLABLE - 1)
}
