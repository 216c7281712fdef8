/** An HTTP response → its stream, or the error that says why there is none. */
import { errorIn, toWireError } from '../../worker/protocol/error-envelope.ts'
import { parseJson } from '../../worker/protocol/json.ts'
import { retryAfter } from '../../worker/protocol/retry-after.ts'
import { type ChatError, clientError, serverError } from './chat-error.ts'

/** The message of an error that has none. */
export const UNSAID = 'The server failed without saying why.'

/** Envelopes are a few hundred bytes. Of an HTML page that came instead, only the beginning is useful. */
const MAX_REFUSAL_CHARS = 64 * 1024

/**
 * The body of a response that is an event stream.
 *
 * @throws {ChatError} the server's error, if it is not
 */
export async function streamOf(
  response: Response,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const type = response.headers.get('content-type') ?? ''
  const streamed = response.ok && type.toLowerCase().startsWith('text/event-stream')
  if (streamed && response.body) return response.body
  throw await readRefusal(response, signal)
}

/**
 * @throws the signal's reason, if it aborts meanwhile
 * @returns the error; if the body can't be read, it has the status alone
 */
export async function readRefusal(response: Response, signal: AbortSignal | undefined): Promise<ChatError> {
  const fields = {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    retryAfterMs: retryAfter(response.headers, Date.now()) ?? null,
  }
  const body = await readStart(response).catch(() => '')
  signal?.throwIfAborted()
  const error = errorIn(parseJson(body))
  if (error !== undefined) return serverError(toWireError(error, UNSAID), fields)
  return response.ok
    ? clientError('not_a_stream', 'The server answered with something that is not a stream.', fields)
    : clientError('http_error', `The server answered with status ${response.status}.`, fields)
}

async function readStart({ body }: Response): Promise<string> {
  // A reader, because Safari has no async iteration of streams.
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (reader && text.length < MAX_REFUSAL_CHARS) {
    const { done, value } = await reader.read()
    if (done) return text
    text += decoder.decode(value, { stream: true })
  }
  await reader?.cancel()
  return text
}
