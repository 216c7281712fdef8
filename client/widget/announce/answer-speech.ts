/** What who hears the page is told: that an answer begins, its sentences as they come, and how it ended. */
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { noteWords } from '../strings/note-words.ts'
import type { Turn } from '../talk/conversation.ts'
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
  begin(answer: Spoken): void
  /** More of the answer was painted. */
  grown(answer: Spoken): void
  /** A part of it was taken back: what is left has been said. */
  shortened(answer: Spoken): void
  end(answer: Spoken, turn: Turn): void
  /** Another conversation is looked at. */
  stop(): void
}

export function createAnswerSpeech(language: string, strings: Strings): AnswerSpeech {
  const { element, say } = createAnnouncer()
  const words = spokenWords(strings)
  let current: { answer: Spoken; spoken: SpokenAnswer | undefined; ended: boolean } | undefined

  function begin(answer: Spoken): void {
    stop()
    say(strings.begun)
    const begun = { answer, spoken: undefined as SpokenAnswer | undefined, ended: false }
    current = begun
    // The answer can be read without it, and is not held up by it.
    import('./spoken-answer.ts').then(
      ({ createSpokenAnswer }) => {
        if (current !== begun) return
        begun.spoken = createSpokenAnswer(answer.text, say, words, { lang: language })
        if (begun.ended) begun.spoken.end()
        else begun.spoken.grown()
      },
      () => {},
    )
  }

  function stop(): void {
    current?.spoken?.stop()
    current = undefined
  }

  return {
    element,
    say,
    begin,
    grown(answer) {
      if (current?.answer === answer) current.spoken?.grown()
    },
    shortened(answer) {
      if (current?.answer === answer) current.spoken?.stop()
    },
    end(answer, turn) {
      if (current?.answer === answer) {
        current.ended = true
        current.spoken?.end()
      }
      const { end, note, trouble } = turn
      if (trouble) {
        const { title, advice, kept } = explainTrouble(trouble, strings)
        say([title, advice, kept].filter(Boolean).join(strings.fullStop === '.' ? '. ' : strings.fullStop))
      } else if (note) say(noteWords(strings)[note])
      // One that is being read out tells by itself where it ends.
      else if (end === 'done' && !current?.spoken) say(strings.ended)
    },
    stop,
  }
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
