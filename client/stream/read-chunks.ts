/** The events of an answer → its chunks and its end. */
import { clientError, serverError } from './chat-error.ts'
import type { SseEvent } from './decode.ts'
import type { AnswerChunk, Meaning } from './stream-format.ts'
import type { Unjudged } from './unjudged.ts'

/**
 * @param read reads each event
 * @param requestId of the answer, for its errors
 * @param unjudged is shown each chunk
 * @returns whether the answer's end came; without it, the answer is incomplete
 * @throws {ChatError} an error that the server reports in mid-stream, or `invalid_event`, after all chunks
 *   before it
 */
export async function* readChunks(
  events: AsyncIterable<SseEvent>,
  read: (event: SseEvent) => Meaning,
  requestId: string | null,
  signal: AbortSignal | undefined,
  unjudged: Unjudged,
): AsyncGenerator<AnswerChunk, boolean, void> {
  for await (const event of events) {
    // Events that were buffered before the abort are dropped.
    signal?.throwIfAborted()
    const meaning = read(event)
    if ('chunk' in meaning && meaning.chunk) {
      unjudged.see(meaning.chunk)
      yield meaning.chunk
    }
    if (meaning.kind === 'done') return true
    if (meaning.kind === 'error') throw serverError(meaning.error, { requestId })
    if (meaning.kind === 'invalid') {
      throw clientError('invalid_event', `Not JSON: ${meaning.data.slice(0, 80)}`, { requestId })
    }
  }
  return false
}
