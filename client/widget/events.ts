/** What the element tells its page. All events bubble, and cross Shadow DOM. */

/** A conversation's id, and what was asked. */
interface Asked {
  conversation: string
  question: string
}

export interface MillraceAnswer extends Asked {
  /** The answer's Markdown. */
  answer: string
  end: 'done' | 'stopped' | 'withheld'
  /** `null` where there was none, or where nobody here saw it. */
  firstTokenMs: number | null
  tokensPerSecond: number | null
  tokens: number | null
}

export interface MillraceError extends Asked {
  /** What had come of it. */
  answer: string
  /** docs/PROTOCOL.md and client/stream/chat-error.ts list them; `null` where the server gave none. */
  code: string | null
  status: number | null
  message: string
  /** To be quoted to whoever runs the server. */
  requestId: string | null
}

export interface MillraceFeedback extends Asked {
  answer: string
  rating: 'up' | 'down' | null
}

export interface MillraceEvents {
  /** The element can be used. */
  'millrace-ready': CustomEvent<undefined>
  'millrace-open': CustomEvent<undefined>
  'millrace-close': CustomEvent<undefined>
  /** A question is about to be sent, for the first time or again; `preventDefault()` keeps it from being sent. */
  'millrace-ask': CustomEvent<Asked>
  'millrace-delta': CustomEvent<{ conversation: string; text: string }>
  'millrace-answer': CustomEvent<MillraceAnswer>
  'millrace-error': CustomEvent<MillraceError>
  'millrace-feedback': CustomEvent<MillraceFeedback>
}

export type Emit = <Name extends keyof MillraceEvents>(
  name: Name,
  ...detail: MillraceEvents[Name]['detail'] extends undefined ? [] : [detail: MillraceEvents[Name]['detail']]
) => boolean

/** @returns the function that sends events from this element: `false` where a listener prevented what comes next */
export function emitFrom(element: EventTarget): Emit {
  return (name, ...[detail]) =>
    element.dispatchEvent(
      new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: name === 'millrace-ask' }),
    )
}
