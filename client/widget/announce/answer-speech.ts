/** What who hears the page is told: that an answer begins, its sentences as they come, and how it ended. */
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { noteWords } from '../strings/note-words.ts'
import type { Turn } from '../talk/conversation.ts'
import type { Trouble } from '../talk/trouble.ts'
import { explainTrouble } from '../view/explain-trouble.ts'
import { createAnnouncer } from './announcer.ts'
import type { SpokenAnswer } from './spoken-answer.ts'
import type { SpokenWords } from './spoken-words.ts'

/** Where an answer is shown. */
export interface Spoken {
  text: Element
}

export interface AnswerSpeech {
  /** To be in the page, inside whatever may be a modal dialog. */
  element: HTMLElement
  say(message: string): void
  /** An answer will go on: what is painted of it now, or next, was told before. */
  resume(answer: Spoken): void
  /** @param goesOn from what `resume` was told of */
  begin(answer: Spoken, goesOn: boolean): void
  /** More of the answer was painted. */
  grown(answer: Spoken): void
  /** A part of it was taken back: what is left has been said. */
  shortened(answer: Spoken): void
  end(answer: Spoken, turn: Turn): void
  /** Another conversation is looked at, or the answer is gone. */
  stop(): void
}

interface Current {
  answer: Spoken
  /** `undefined` where it can't be loaded: the answer can be read without it, and is not held up by it. */
  loading: Promise<SpokenAnswer | undefined>
  spoken?: SpokenAnswer
  /** Whether all that is painted was told before. */
  known: boolean
  painted(): void
}

export function createAnswerSpeech(language: string, strings: Strings): AnswerSpeech {
  const { element, say } = createAnnouncer()
  const words = spokenWords(strings)
  let current: Current | undefined

  function start(answer: Spoken, known: boolean): void {
    stop()
    const { promise: painting, resolve: painted } = Promise.withResolvers<void>()
    const loading = import('./spoken-answer.ts').then(
      async ({ createSpokenAnswer }) => {
        // Before, there is nothing to be seen of what is known.
        if (known) await painting
        const spoken = createSpokenAnswer(answer.text, say, words, { lang: language })
        if (current !== started) return undefined
        started.spoken = spoken
        if (known) spoken.skip()
        else spoken.grown()
        return spoken
      },
      () => undefined,
    )
    const started: Current = { answer, loading, known, painted }
    current = started
  }

  async function end(answer: Spoken, { end, note, trouble }: Turn): Promise<void> {
    if (note === 'stopped-here') stop()
    const ending = current?.answer === answer ? current : undefined
    const last = trouble ? troubleWords(trouble, strings) : note ? noteWords(strings)[note] : ''
    // Nothing more will be.
    ending?.painted()
    const spoken = await ending?.loading
    if (ending && current !== ending) return
    // What came of the answer is said before. One that is whole tells by itself where it ends.
    if (spoken) spoken.end(last)
    else say(last || (end === 'done' ? strings.ended : ''))
  }

  function stop(): void {
    current?.spoken?.stop()
    current = undefined
  }

  return {
    element,
    say,
    resume(answer) {
      // What of it waits to be said still is.
      if (current?.answer === answer) current.spoken?.skip()
      else start(answer, true)
    },
    begin(answer, goesOn) {
      if (!goesOn) {
        start(answer, false)
        say(strings.begun)
      } else if (current?.answer === answer) current.known = false
    },
    grown(answer) {
      if (current?.answer !== answer) return
      current.painted()
      if (current.known) current.spoken?.skip()
      else current.spoken?.grown()
    },
    shortened(answer) {
      if (current?.answer === answer) current.spoken?.stop()
    },
    end: (answer, turn) => void end(answer, turn),
    stop,
  }
}

function troubleWords(trouble: Trouble, strings: Strings): string {
  const { title, advice, kept } = explainTrouble(trouble, strings)
  return [title, advice, kept].filter(Boolean).join(strings.fullStop === '.' ? '. ' : strings.fullStop)
}

function spokenWords(strings: Strings): SpokenWords {
  return {
    code: (language, lines) =>
      fill(language ? strings.spokenCodeIn : strings.spokenCode, { language, lines }),
    item: (number, text) => fill(strings.spokenItem, { number, text }),
    task: (done, text) =>
      fill(strings.spokenTask, { state: done ? strings.taskDone : strings.taskOpen, text }),
    row: (cells) => cells.join(strings.comma),
    pause: strings.fullStop,
    rest: strings.spokenRest,
    complete: (count) => fill(strings.endedLong, { count }),
  }
}
