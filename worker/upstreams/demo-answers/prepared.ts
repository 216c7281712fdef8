/** The demo's answers: those written for a question, and one for all others. */
import { FOUNDING_ANSWER } from './founding.ts'
import { ON_YOUR_SITE } from './on-your-site.ts'
import { SERVER_SENT_EVENTS } from './server-sent-events.ts'
import { SKY_BLUE } from './sky-blue.ts'
import { unprepared } from './unprepared.ts'
import { WATER_MILL } from './water-mill.ts'

const HONEST = '*This answer was prepared for the demo: no model was asked.*'

interface Prepared {
  /** As it is offered, and as people shorten it. */
  questions: readonly [offered: string, ...others: string[]]
  /** Its text, or the pieces in which it is sent. */
  answer: string | readonly string[]
}

const PREPARED: readonly Prepared[] = [
  {
    questions: [
      'Write a Python function plot_2d_normal that makes a 3D plot of a 2D Gaussian',
      'Write a Python function plot_2d_normal',
      'plot_2d_normal',
    ],
    // Its text says itself that it was prepared: it has as many tokens as the founding example's answer.
    answer: FOUNDING_ANSWER,
  },
  {
    questions: ['Why is the sky blue?', "Why's the sky blue?", 'Why is the sky so blue?'],
    answer: `${SKY_BLUE}\n\n${HONEST}`,
  },
  {
    questions: ['How does a water mill turn a river into flour?', 'How does a water mill work?'],
    answer: `${WATER_MILL}\n\n${HONEST}`,
  },
  {
    questions: [
      'Explain server-sent events to someone who knows fetch',
      'Explain server-sent events',
      'What are server-sent events?',
    ],
    answer: `${SERVER_SENT_EVENTS}\n\n${HONEST}`,
  },
  {
    questions: [
      'How do I put this chat on my site?',
      'How do I embed this chat?',
      'How do I embed the chat?',
    ],
    answer: `${ON_YOUR_SITE}\n\n${HONEST}`,
  },
]

/** What is sent as one delta. */
export interface AnswerPiece {
  text: string
  /** The document that the text up to here rests on. */
  source?: string
}

export function answerTo(question: string): readonly AnswerPiece[] {
  const asked = essence(question)
  const found = PREPARED.find(({ questions }) => questions.some((one) => essence(one) === asked))
  const answer = found?.answer ?? unprepared(PREPARED.map(({ questions: [offered] }) => offered))
  if (typeof answer !== 'string') return answer.map((text) => ({ text }))
  return answer.split(/\[\[|\]\]/).flatMap((part, index): AnswerPiece[] =>
    // Every other part is the name of a document.
    index % 2 === 1 ? [{ text: '', source: part }] : words(part).map((text) => ({ text })),
  )
}

/** As a model's tokens mostly are: a word with the blank before it. */
const words = (text: string): string[] => text.match(/ ?\S+|\s+/g) ?? []

/** A question without what people type differently: case, punctuation, blanks. */
function essence(question: string): string {
  return question
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
