/** Why there is no answer, as data: it is kept with the conversation, and put into words when it is shown. */
import { ChatError } from '../../stream/chat-error.ts'

export interface Trouble {
  /** The server's, or the client's own (client/stream/chat-error.ts); `page` where the page itself failed. */
  code: string | null
  /** The HTTP status of a refusal. */
  status: number | null
  /** What the server said; in English. */
  message: string
  requestId: string | null
  /** How long to wait before the next try. */
  waitMs: number
  /** Whether a part of the answer had arrived, which is kept. */
  began: boolean
}

export function troubleOf(error: unknown, began: boolean): Trouble {
  if (!(error instanceof ChatError)) {
    return { code: 'page', status: null, message: String(error), requestId: null, waitMs: 0, began }
  }
  const { code, status, message, requestId, retryAfterMs } = error
  return { code, status, message, requestId, waitMs: retryAfterMs ?? 0, began }
}
