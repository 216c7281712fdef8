/**
 * How much of an answer moderation may still take back. With `MODERATION_MODE=retract` text is shown before
 * it is judged. The server says how far ahead it is at most; a choice's end, the stream's end, and what the
 * server takes back itself come after the last verdict.
 */
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { RETRACT_CHARS } from '../../worker/protocol/wire.ts'
import { ChatError } from './chat-error.ts'

export interface Unjudged {
  /** A connection to the answer has opened. */
  opened(headers: Headers): void
  /** The next chunk has come. */
  see(chunk: ChatChunk): void
  /**
   * How many UTF-16 code units at the end of a choice's content may be taken back (it may have fewer), and
   * with them all of its other texts. `undefined`: all that was shown has passed.
   */
  chars(choice: number): number | undefined
  /**
   * The answer has ended with this error.
   *
   * @returns a chunk that takes back what has not passed; `undefined` if all has
   */
  brokeOff(reason: unknown): ChatChunk | undefined
}

export function createUnjudged(): Unjudged {
  /** The choices that have begun and not ended. */
  const choices = new Set<number>()
  let lead = 0
  let last: ChatChunk | undefined
  let isOver = false
  let isFirst = true

  function chars(choice: number): number | undefined {
    return lead > 0 && !isOver && choices.has(choice) ? lead : undefined
  }

  return {
    opened(headers) {
      const told = Number(headers.get(RETRACT_CHARS) ?? 0)
      // The server may have another setting now than when the answer began.
      if (told > lead) lead = told
      isFirst = true
    },
    see(chunk) {
      last = chunk
      const { millrace } = chunk
      // A restarted server sends what it has kept, which has passed, and then this end. If it sends nothing
      // else, it may have kept less than was shown.
      if (millrace?.state === 'interrupted') isOver ||= !isFirst
      else isOver ||= millrace?.state !== undefined || millrace?.retract !== undefined
      isFirst = false
      for (const { index = 0, finish_reason: end } of chunk.choices) {
        if (end) choices.delete(index)
        else choices.add(index)
      }
    },
    chars,
    brokeOff(reason) {
      isOver ||= isServersEnd(reason)
      if (!last || lead === 0 || isOver || choices.size === 0) return undefined
      const retract = Object.fromEntries(Array.from(choices, (choice) => [choice, lead]))
      return { ...last, choices: [], usage: null, millrace: { retract } }
    },
  }
}

/** Whether the server itself has ended the answer with this error, and so has judged what it had shown. */
function isServersEnd(reason: unknown): boolean {
  return (
    reason instanceof ChatError &&
    reason.status === null &&
    reason.type !== 'client_error' &&
    reason.code !== 'interrupted'
  )
}
