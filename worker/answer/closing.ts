/** What the last events of a durable stream say: what was used, how it ended, how fast it came. */
import type { ApiError } from '../errors.ts'
import type { AnswerEvent } from '../formats/chat-completions/read-event.ts'
import { type ChatChunk, DONE, type EndState } from '../protocol/wire.ts'
import { type Begin, createTimer } from './timing.ts'
import { createLastUsage, type UsageCount } from './usage.ts'

export interface Closing {
  /** @returns whether the event is one for the readers; what belongs on the last chunk waits for it */
  see(read: AnswerEvent): boolean
  /**
   * The data of the last events: a last chunk and `[DONE]`; or where there is an error the same chunk with the error
   * beside it, and no `[DONE]`.
   *
   * @param begin of an answer that had begun
   */
  events(end: End, begin: Begin | undefined): string[]
}

export interface End {
  state: EndState
  error?: ApiError
  /** Of an answer that was moderated, or stopped before all had passed: the chunks that say so, and by choice how many characters are taken back. */
  withheld?: { finish: readonly ChatChunk[]; retract: Record<string, number> | undefined }
}

/**
 * @param base of a last chunk, where nothing came that it could follow on
 * @param now a clock in milliseconds
 */
export function createClosing(
  count: UsageCount,
  base: Pick<ChatChunk, 'id' | 'created' | 'model'>,
  now: () => number,
): Closing {
  const last = createLastUsage(count, { mark: true })
  const timer = createTimer(now)
  return {
    see(read) {
      if (read.kind === 'chunk') timer.see(read.chunk)
      return last.see(read)
    },
    events({ state, error, withheld }, begin) {
      const { usage, source } = count.usage()
      const timing = begin && timer.measure(begin, usage)
      const chunk: ChatChunk = {
        ...(last.chunk() ?? { ...base, object: 'chat.completion.chunk', choices: [], usage }),
        ...error?.envelope(),
        millrace: {
          state,
          usage_source: source,
          ...(timing && { timing }),
          ...(withheld?.retract && { retract: withheld.retract }),
        },
      }
      const events = [...(withheld?.finish ?? []), chunk].map((one) => JSON.stringify(one))
      return error === undefined ? [...events, DONE] : events
    },
  }
}
