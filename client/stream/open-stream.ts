/** An answer that survives its connection: asked for once, or taken up again, and read as one async iterable. */
import type { ChatRequest } from '../../worker/formats/chat-completions/wire.ts'
import { type ChatStream, readStream, type StreamOptions } from './read-stream.ts'
import { knownStream, newStream } from './stream-source.ts'

export interface OpenOptions extends StreamOptions {
  /** Names this question: asked again under the same key, it gets the same answer, which is paid for once. */
  idempotencyKey?: string
}

export interface FollowOptions extends StreamOptions {
  /** Begins behind the event of this number; 0, which is the default, at the first. */
  after?: number
}

/**
 * Asks, and yields each chunk as it arrives, exactly once and in order, over as many connections as it takes.
 * Nothing is sent before the iteration begins.
 *
 * The iteration ends by itself only after `[DONE]`; whether the answer is whole or was stopped is in the last chunk's
 * `millrace.state`. A connection that is lost is not thrown but come back from, until `resume` gives up.
 *
 * **Leaving stops nothing.** Whoever leaves a `for await`, aborts `signal` or closes the page closes a connection; the
 * model goes on, and others may read it. `stop` stops it. (An answer that nobody reads is ended by the Worker.)
 *
 * @param url the endpoint, such as `/v1/streams`
 * @param request OpenAI's request body
 * @throws {ChatError} for refusals, errors in mid-stream, and what can't be had any more
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
  return readStream(newStream(url, { ...request, stream: true }, idempotencyKey, options), 0, options)
}

/**
 * Reads an answer that was asked for elsewhere: before a reload, or in another tab. All else is as with `openStream`.
 *
 * @param id what `openStream(…).id` was
 * @example
 *   for await (const chunk of followStream('/v1/streams', id)) output.append(chunk.choices[0]?.delta.content ?? '')
 */
export function followStream(
  url: string | URL,
  id: string,
  { after = 0, ...options }: FollowOptions = {},
): ChatStream {
  return readStream(knownStream(url, id, options), after, options)
}

/** Not `crypto.randomUUID`: on a page that came over plain HTTP, as in one's own network, there is none. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
