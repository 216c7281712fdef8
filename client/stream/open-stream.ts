/**
 * An answer that survives its connection: asked for once, or followed later, and read as one async iterable.
 */
import type { ChatRequest } from '../../worker/formats/chat-completions/wire.ts'
import { type ChatStream, readStream, type StreamOptions } from './read-stream.ts'
import { CHAT_COMPLETIONS } from './stream-format.ts'
import { knownStream, newStream } from './stream-source.ts'

export interface OpenOptions extends StreamOptions {
  /**
   * Identifies this question: asking again with the same key returns the same answer, which is paid for
   * once.
   */
  idempotencyKey?: string
}

export interface FollowOptions extends StreamOptions {
  /** Begins after the event with this number; 0, the default, begins at the first event. */
  after?: number
}

/**
 * Asks, and yields each chunk as it arrives, exactly once and in order, over as many connections as it
 * takes. No request is sent before the iteration begins.
 *
 * The iteration ends normally only after `[DONE]`; the last chunk's `millrace.state` tells whether the
 * answer is whole or was stopped. A lost connection doesn't throw: the stream reconnects until `resume`
 * gives up.
 *
 * **Leaving doesn't stop the answer.** Leaving a `for await`, aborting `signal` or closing the page closes a
 * connection; the model goes on, and others may read the answer. `stop` stops it. (The Worker ends an answer
 * that has no readers.)
 *
 * @param url the endpoint, such as `/v1/streams`
 * @param request OpenAI's request body
 * @throws {ChatError} for refusals, errors in mid-stream, and answers that are no longer available
 * @throws the signal's reason, once it is aborted
 * @example
 *   const answer = openStream('/v1/streams', { messages }, { signal, onConnection: showConnection })
 *   stopButton.onclick = () => answer.stop()
 *   for await (const chunk of answer) output.append(chunk.choices[0]?.delta.content ?? '')
 */
export function openStream(
  url: string | URL,
  request: Omit<ChatRequest, 'stream'>,
  { idempotencyKey = newKey(), ...options }: OpenOptions = {},
): ChatStream {
  return readStream(newStream(CHAT_COMPLETIONS, url, request, idempotencyKey, options), 0, options)
}

/**
 * Reads an answer that was asked for elsewhere: before a reload, or in another tab. Otherwise like
 * `openStream`.
 *
 * @param id the value of `openStream(…).id`
 * @example
 *   const answer = followStream('/v1/streams', id)
 *   for await (const chunk of answer) output.append(chunk.choices[0]?.delta.content ?? '')
 */
export function followStream(
  url: string | URL,
  id: string,
  { after = 0, ...options }: FollowOptions = {},
): ChatStream {
  return readStream(knownStream(CHAT_COMPLETIONS, url, id, options), after, options)
}

/** Random bytes, because `crypto.randomUUID` is missing on pages over plain HTTP, as on a local network. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
