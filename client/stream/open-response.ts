/** An answer of the Responses API that survives its connection: asked for once, or followed later. */
import { type FollowOptions, newKey, type OpenOptions } from './open-stream.ts'
import { RESPONSES } from './read-response.ts'
import { type ChatStream, readStream } from './read-stream.ts'
import { knownStream, newStream } from './stream-source.ts'

/** The fields that are read here. Every other field passes to the server unchanged. */
export interface ResponseRequest {
  model?: string
  input?: unknown
  previous_response_id?: string | null
  [field: string]: unknown
}

/**
 * Asks as `openStream` does, and yields the same chunks, with the answer's `sources` and the `progress` of
 * its tools.
 *
 * @param url the endpoint, such as `/v1/responses`
 * @param request OpenAI's request body; `stream` and `background` are set here
 * @throws {ChatError} for refusals, errors in mid-stream, and answers that are no longer available
 * @throws the signal's reason, once it is aborted
 * @example
 *   for await (const { choices, sources } of openResponse('/v1/responses', { input })) {
 *     output.append(choices[0]?.delta.content ?? '')
 *     for (const { title } of sources ?? []) list.append(title)
 *   }
 */
export function openResponse(
  url: string | URL,
  request: Omit<ResponseRequest, 'stream' | 'background'>,
  { idempotencyKey = newKey(), ...options }: OpenOptions = {},
): ChatStream {
  return readStream(newStream(RESPONSES, url, request, idempotencyKey, options), 0, options)
}

/**
 * Reads a response that was asked for elsewhere. Otherwise like `openResponse`.
 *
 * @param id the value of `openResponse(…).id`
 */
export function followResponse(
  url: string | URL,
  id: string,
  { after = 0, ...options }: FollowOptions = {},
): ChatStream {
  return readStream(knownStream(RESPONSES, url, id, options), after, options)
}
