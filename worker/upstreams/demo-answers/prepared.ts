/** The demo's answers: those written for a question, and one for all others. */
import FOUNDING from './founding.md'
import ON_YOUR_SITE from './on-your-site.md'
import SERVER_SENT_EVENTS from './server-sent-events.md'
import SKY_BLUE from './sky-blue.md'
import UNPREPARED from './unprepared.md'
import WATER_MILL from './water-mill.md'

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
    // 414 tokens of `o200k_base`, as many as the founding example's answer had: `¦` stands between two of
    // them. It says itself that it was prepared.
    answer: FOUNDING.trimEnd().split('¦'),
  },
  {
    questions: ['Why is the sky blue?', "Why's the sky blue?", 'Why is the sky so blue?'],
    // Shows a formula and a table, whose third column is (700 nm / λ)⁴. Rarer signs, such as ∝, are in few
    // fonts for code.
    answer: `${SKY_BLUE}\n${HONEST}`,
  },
  {
    questions: ['How does a water mill turn a river into flour?', 'How does a water mill work?'],
    // Shows a list of steps, with a list inside it, and a quote.
    answer: `${WATER_MILL}\n${HONEST}`,
  },
  {
    questions: [
      'Explain server-sent events to someone who knows fetch',
      'Explain server-sent events',
      'What are server-sent events?',
    ],
    // Shows code in two languages, and links.
    answer: `${SERVER_SENT_EVENTS}\n${HONEST}`,
  },
  {
    questions: [
      'How do I put this chat on my site?',
      'How do I embed this chat?',
      'How do I embed the chat?',
    ],
    // Shows an answer from documents: `[[NAME]]` stands where the text rests on the document of that name.
    answer: `${ON_YOUR_SITE}\n${HONEST}`,
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
  const answer = found?.answer ?? unprepared()
  if (typeof answer !== 'string') return answer.map((text) => ({ text }))
  return answer.split(/\[\[|\]\]/).flatMap((part, index): AnswerPiece[] =>
    // Every other part is the name of a document.
    index % 2 === 1 ? [{ text: '', source: part }] : words(part).map((text) => ({ text })),
  )
}

/** What the demo is, how to have a model answer, and which questions have an answer here. */
const unprepared = () =>
  `${UNPREPARED}\n${PREPARED.map(({ questions: [offered] }) => `- ${offered}\n`).join('')}`

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
