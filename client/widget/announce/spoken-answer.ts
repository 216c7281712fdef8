/** Has an answer spoken while it is rendered: sentence by sentence, each once, and no faster than can be listened to. */
import { type Clock, PAGE_CLOCK } from './clock.ts'
import { countWords } from './count-words.ts'
import { createReading } from './reading.ts'
import { createSpeechQueue } from './speech-queue.ts'
import type { SpokenWords } from './spoken-words.ts'

export interface SpokenAnswerOptions {
  /** By whose rules sentences end. */
  lang?: string
  clock?: Clock
  /** How much may wait to be spoken before the rest is left to be read. In characters. */
  mostWaiting?: number
}

export interface SpokenAnswer {
  /** More of the answer has been rendered. As often as one likes: it is looked at once a second. */
  grown(): void
  /** What has been rendered was heard before, and goes on, also after an end: its whole sentences are not spoken again. */
  skip(): void
  /**
   * All of the answer has been rendered. What is left is still spoken, at its pace.
   *
   * @param last said after it, in place of how long it has become
   */
  end(last?: string): void
  /**
   * Says nothing of what is there now any more, neither what waits nor later: the answer was cleared or shortened and is
   * rendered as it will stay, or its reader wants silence. If it grows again, it is spoken on from where it ended.
   */
  stop(): void
}

const LOOK_MS = 1000

/**
 * @param answer what its Markdown is rendered in, itself no live region
 * @param say what announces: each call is one announcement
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
  const reading = createReading(answer, words, lang)
  const queue = createSpeechQueue(mostWaiting)
  let lastLook = Number.NEGATIVE_INFINITY
  let hasGrown = false
  let callOff: (() => void) | undefined

  function look(ended: boolean): void {
    hasGrown = false
    const before = queue.overrun
    // Also when nothing more is spoken: so the place is kept, and the end costs no more than any second before it.
    for (const sentence of reading.next(ended)) queue.add(sentence)
    if (queue.overrun && !before) queue.conclude(words.rest)
    if (queue.overrun && ended) queue.conclude(words.complete(countWords(answer, lang)))
  }

  function speak(): void {
    const announcement = queue.take(clock.now())
    if (announcement !== undefined) say(announcement)
    if (queue.waits) wait()
  }

  function wait(): void {
    callOff ??= clock.after(Math.max(0, lastLook + LOOK_MS - clock.now()), () => {
      callOff = undefined
      lastLook = clock.now()
      if (hasGrown) look(false)
      speak()
    })
  }

  return {
    grown() {
      hasGrown = true
      wait()
    },
    skip() {
      reading.next(false)
      queue.conclude(undefined)
    },
    end(last) {
      look(true)
      if (last) queue.conclude(last)
      speak()
    },
    stop() {
      callOff?.()
      callOff = undefined
      hasGrown = false
      queue.clear()
      reading.skip()
    },
  }
}
