/** Speaks an answer while it is rendered: sentence by sentence, each once, and no faster than a voice. */
import { createAnswerReader } from './answer-reader.ts'
import { type Clock, PAGE_CLOCK } from './clock.ts'
import { countWords } from './count-words.ts'
import { createSpeechQueue } from './speech-queue.ts'
import type { SpokenWords } from './spoken-words.ts'

export interface SpokenAnswerOptions {
  /** The language whose rules separate sentences. */
  lang?: string
  clock?: Clock
  /** Characters that may wait to be spoken, before the rest is left for the reader to read. */
  mostWaiting?: number
}

export interface SpokenAnswer {
  /** Call after more of the answer was rendered. Calls are cheap: the answer is read once a second. */
  grown(): void
  /**
   * The rendered text was announced before, and the answer continues, also after `end`: its complete
   * sentences are not spoken again.
   */
  skip(): void
  /**
   * The whole answer has been rendered. What is left is spoken, at the usual pace.
   *
   * @param last spoken at the end, instead of the answer's length
   */
  end(last?: string): void
  /**
   * Drops what is waiting, and counts all present text as spoken: the answer was cleared or shortened, or its
   * reader wants silence. If the answer grows again, the new text is spoken.
   */
  stop(): void
}

const READ_INTERVAL_MS = 1000

/**
 * @param answer the element with the rendered Markdown; not itself a live region
 * @param say announces a message
 * @example
 *   const spoken = createSpokenAnswer(element, announcer.say, words, { lang: 'en' })
 *   for await (const delta of deltas) { view.append(delta); spoken.grown() }
 *   view.end()
 *   spoken.end()
 */
export function createSpokenAnswer(
  answer: Element,
  say: (sentence: string) => void,
  words: SpokenWords,
  { lang = 'en', clock = PAGE_CLOCK, mostWaiting }: SpokenAnswerOptions = {},
): SpokenAnswer {
  const reader = createAnswerReader(answer, words, lang)
  const queue = createSpeechQueue(mostWaiting)
  let lastRead = Number.NEGATIVE_INFINITY
  let hasGrown = false
  /** What is spoken last, from `end` until all text has been read. */
  let ending: string | undefined
  let cancel: (() => void) | undefined

  function read(): void {
    const before = queue.overrun
    // Read on after an overrun too: it keeps the position, so the last read is no more expensive than any
    // other.
    for (const sentence of reader.next(ending !== undefined)) queue.add(sentence)
    // Read again until its formulas are there.
    hasGrown = reader.waits
    if (queue.overrun && !before) queue.conclude(words.rest)
    if (ending === undefined || reader.waits) return
    if (queue.overrun) queue.conclude(words.complete(countWords(answer, lang)))
    if (ending) queue.conclude(ending)
    ending = undefined
  }

  function speak(): void {
    const announcement = queue.take(clock.now())
    if (announcement !== undefined) say(announcement)
    if (queue.waits || hasGrown) wait()
  }

  function wait(): void {
    cancel ??= clock.after(Math.max(0, lastRead + READ_INTERVAL_MS - clock.now()), () => {
      cancel = undefined
      lastRead = clock.now()
      if (hasGrown) read()
      speak()
    })
  }

  return {
    grown() {
      hasGrown = true
      wait()
    },
    skip() {
      ending = undefined
      reader.next(false)
      queue.conclude(undefined)
    },
    end(last = '') {
      ending = last
      read()
      speak()
    },
    stop() {
      cancel?.()
      cancel = undefined
      hasGrown = false
      ending = undefined
      queue.clear()
      reader.skip()
    },
  }
}
