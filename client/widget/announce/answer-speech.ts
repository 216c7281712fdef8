/** Announces an answer to screen readers: that it begins, its sentences as they arrive, and how it ended. */
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import type { Language } from '../strings/load-strings.ts'
import { noteWords } from '../strings/note-words.ts'
import type { Turn } from '../talk/conversation.ts'
import type { Trouble } from '../talk/trouble.ts'
import { explainTrouble } from '../view/explain-trouble.ts'
import { createAnnouncer } from './announcer.ts'
import type { SpokenAnswer } from './spoken-answer.ts'
import type { SpokenWords } from './spoken-words.ts'

/** A view that shows an answer. */
export interface AnswerElement {
  text: Element
  /** Resolves once its text is painted as it comes. */
  rendered: Promise<void>
  /** What is spoken of its sources; '' if it has none. */
  spokenSources?(): string
}

export interface AnswerSpeech {
  /** Must be in the page, and inside the panel, as that may be a modal dialog. */
  element: HTMLElement
  say(message: string): void
  /** The answer continues. Its text so far, painted or about to be, was announced before. */
  resume(answer: AnswerElement): void
  /** @param continues whether it continues an answer that was passed to `resume` */
  begin(answer: AnswerElement, continues: boolean): void
  /** More of the answer was painted. */
  grown(answer: AnswerElement): void
  /** The end of the answer was retracted. The remaining text counts as announced. */
  shortened(answer: AnswerElement): void
  end(answer: AnswerElement, turn: Turn): void
  /** Another conversation is shown, or the answer was removed. */
  stop(): void
}

interface Current {
  answer: AnswerElement
  /** `undefined` if the module failed to load: answers are shown without it. */
  loading: Promise<SpokenAnswer | undefined>
  spoken?: SpokenAnswer
  /** Whether everything painted so far was announced before. */
  known: boolean
  painted(): void
}

export function createAnswerSpeech(language: Language, strings: Strings): AnswerSpeech {
  const { element, say } = createAnnouncer()
  const words = spokenWords(strings)
  let current: Current | undefined

  function start(answer: AnswerElement, known: boolean): void {
    stop()
    const { promise: painting, resolve: painted } = Promise.withResolvers<void>()
    const loading = import('./spoken-answer.ts').then(
      async ({ createSpokenAnswer }) => {
        // The known text must be painted first, or `skip` would find nothing to skip.
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

  async function end(answer: AnswerElement, { answer: text, end, note, trouble }: Turn): Promise<void> {
    if (note === 'stopped-here') stop()
    const ending = current?.answer === answer ? current : undefined
    const ended = trouble ? troubleWords(trouble, language, strings) : note ? noteWords(strings)[note] : ''
    // An answer can end before what renders it is there. Its text would not be spoken any more.
    if (text !== '') await ending?.answer.rendered
    const last = [ended, answer.spokenSources?.()].filter(Boolean).join(' ')
    // Ends the wait for a paint: there may be none.
    ending?.painted()
    const spoken = await ending?.loading
    if (ending && current !== ending) return
    // The answer's last sentences come before the message about its end. A complete answer needs no such
    // message.
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
      // Sentences that are waiting are still announced.
      if (current?.answer === answer) current.spoken?.skip()
      else start(answer, true)
    },
    begin(answer, continues) {
      if (!continues) {
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

function troubleWords(trouble: Trouble, language: Language, strings: Strings): string {
  const { title, advice, kept } = explainTrouble(trouble, language, strings)
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
