/** The events of the element. All events bubble and cross Shadow DOM. */

/** The conversation's id, and the question. */
interface QuestionDetail {
  conversation: string
  question: string
}

export interface MillraceAnswer extends QuestionDetail {
  /** The answer as Markdown. */
  answer: string
  end: 'done' | 'stopped' | 'withheld'
  /** `null` if there was no token, or if it was not seen here. */
  firstTokenMs: number | null
  tokensPerSecond: number | null
  tokens: number | null
}

export interface MillraceError extends QuestionDetail {
  /** The part of the answer that had arrived. */
  answer: string
  /** Listed in docs/PROTOCOL.md and client/stream/chat-error.ts; `null` if the server sent none. */
  code: string | null
  status: number | null
  message: string
  /** For reports to the server's operator. */
  requestId: string | null
}

export interface MillraceFeedback extends QuestionDetail {
  answer: string
  rating: 'up' | 'down' | null
}

export interface MillraceEvents {
  /** The element is ready to use. */
  'millrace-ready': CustomEvent<undefined>
  'millrace-open': CustomEvent<undefined>
  'millrace-close': CustomEvent<undefined>
  /**
   * A question is about to be sent, for the first time or again. `preventDefault()` keeps it from being sent.
   */
  'millrace-ask': CustomEvent<QuestionDetail>
  'millrace-delta': CustomEvent<{ conversation: string; text: string }>
  'millrace-answer': CustomEvent<MillraceAnswer>
  'millrace-error': CustomEvent<MillraceError>
  'millrace-feedback': CustomEvent<MillraceFeedback>
}

export type Emit = <Name extends keyof MillraceEvents>(
  name: Name,
  ...detail: MillraceEvents[Name]['detail'] extends undefined ? [] : [detail: MillraceEvents[Name]['detail']]
) => boolean

/**
 * @returns a function that dispatches events on this element, and returns `false` if a listener prevented the
 *   default
 */
export function emitFrom(element: EventTarget): Emit {
  return (name, ...[detail]) =>
    element.dispatchEvent(
      new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: name === 'millrace-ask' }),
    )
}
