/** Opens a streamed chat completion and reads it as an async iterable of OpenAI's chunks. */
import type { ChatChunk, ChatRequest } from '../../worker/formats/chat-completions/wire.ts'
import { type CallOptions, post } from './call.ts'
import { asChatError, clientError } from './chat-error.ts'
import { decodeEvents } from './decode.ts'
import { readChunks } from './read-chunks.ts'
import { streamOf } from './refusal.ts'
import { readChatEvent } from './stream-format.ts'
import { createUnjudged } from './unjudged.ts'

/**
 * Asks, and yields each chunk as it arrives. No request is sent before the iteration begins.
 *
 * The iteration ends normally only after `[DONE]`, so a normal end means a whole answer. Anything else
 * throws, after all chunks that came before it. If text of an answer that broke off was shown before
 * moderation had judged it, a last chunk takes it back (withdraw.ts). Leaving a `for await` early closes the
 * connection, which stops the upstream too; while no chunk arrives, use `signal`.
 *
 * @param url the endpoint, such as `/v1/chat/completions`
 * @param request OpenAI's request body; `stream: true` is set here
 * @throws {ChatError} for refusals, errors in mid-stream, truncation and lost connections
 * @throws the signal's reason, once it is aborted
 * @example
 *   const request = { messages: [{ role: 'user', content: 'Why is the sky blue?' }] }
 *   for await (const chunk of openChat('/v1/chat/completions', request, { signal })) {
 *     output.append(chunk.choices[0]?.delta.content ?? '')
 *   }
 */
export async function* openChat(
  url: string | URL,
  request: Omit<ChatRequest, 'stream'>,
  options: CallOptions = {},
): AsyncGenerator<ChatChunk, void, void> {
  const { signal } = options
  const response = await post(url, { ...request, stream: true }, 'text/event-stream', options)
  const requestId = response.headers.get('x-request-id')
  const body = await streamOf(response, signal)
  const unjudged = createUnjudged()
  unjudged.opened(response.headers)
  try {
    if (yield* readChunks(decodeEvents(body), readChatEvent, requestId, signal, unjudged)) return
    throw clientError('truncated', 'The answer ended without [DONE].', { requestId })
  } catch (error) {
    const reason = signal?.aborted ? signal.reason : asChatError(error, requestId)
    const back = unjudged.brokeOff(reason)
    if (back) yield back
    throw reason
  }
}
