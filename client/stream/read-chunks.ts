/** The events of an answer → its chunks and its end. */
import { readEvent } from '../../worker/formats/chat-completions/read-event.ts'
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { clientError, serverError } from './chat-error.ts'
import type { SseEvent } from './decode.ts'
import { UNSAID } from './refusal.ts'
import type { Unjudged } from './unjudged.ts'

/**
 * @param requestId of the answer, for its errors
 * @param unjudged is shown each chunk
 * @returns whether the answer's end came; without it, the answer is incomplete
 * @throws {ChatError} an error that the server reports in mid-stream, or `invalid_event`, after all chunks
 *   before it
 */
export async function* readChunks(
  events: AsyncIterable<SseEvent>,
  requestId: string | null,
  signal: AbortSignal | undefined,
  unjudged: Unjudged,
): AsyncGenerator<ChatChunk, boolean, void> {
  for await (const event of events) {
    // Events that were buffered before the abort are dropped.
    signal?.throwIfAborted()
    const meaning = readEvent(event, UNSAID)
    if (meaning.kind === 'done') return true
    if ('chunk' in meaning) {
      unjudged.see(meaning.chunk)
      yield meaning.chunk
    }
    if (meaning.kind === 'error') throw serverError(meaning.error, { requestId })
    if (meaning.kind === 'invalid') {
      throw clientError('invalid_event', `Not JSON: ${meaning.data.slice(0, 80)}`, { requestId })
    }
  }
  return false
}
