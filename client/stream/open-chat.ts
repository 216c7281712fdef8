/** Opens a streamed chat completion and reads it as an async iterable of OpenAI's chunks. */
import type { ChatChunk, ChatRequest } from '../../worker/wire.ts'
import { ChatError, clientError, serverError } from './chat-error.ts'
import { decodeEvents } from './decode.ts'
import { interpret } from './interpret.ts'
import { type PostOptions, post } from './post.ts'
import { readRefusal } from './refusal.ts'

/**
 * Asks, and yields each chunk as it arrives. Nothing is sent before the iteration begins.
 *
 * The iteration ends by itself only after `[DONE]`: whoever sees it end has the whole answer. Anything else throws,
 * after all chunks that came before it. Leaving a `for await` early closes the connection, which stops the
 * upstream too; while no chunk arrives, use `signal`.
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
  options: PostOptions = {},
): AsyncGenerator<ChatChunk, void, void> {
  const { signal } = options
  const response = await post(url, { ...request, stream: true }, 'text/event-stream', options)
  const requestId = response.headers.get('x-request-id')
  if (!isEventStream(response)) throw await readRefusal(response, signal)

  try {
    for await (const event of decodeEvents(response.body)) {
      // Events that had arrived with the aborted one's predecessor are not the reader's concern any more.
      signal?.throwIfAborted()
      const meaning = interpret(event)
      if (meaning.kind === 'done') return
      if ('chunk' in meaning) yield meaning.chunk
      if (meaning.kind === 'error') throw serverError(meaning.error, { requestId })
      if (meaning.kind === 'invalid') {
        throw clientError('invalid_event', `Not JSON: ${meaning.data.slice(0, 80)}`, { requestId })
      }
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof ChatError) throw error
    throw clientError('network', 'The connection was lost in the middle of the answer.', {
      requestId,
      cause: error,
    })
  }
  throw clientError('truncated', 'The answer ended without [DONE].', { requestId })
}

function isEventStream(response: Response): response is Response & { body: ReadableStream<Uint8Array> } {
  const type = response.headers.get('content-type') ?? ''
  return response.ok && response.body !== null && type.toLowerCase().startsWith('text/event-stream')
}
