/** Sends a request as JSON. */
import { clientError } from './chat-error.ts'

export interface PostOptions {
  /** Ends the connection. */
  signal?: AbortSignal
  /** For tests, and for runtimes that bring their own. */
  fetch?: typeof fetch
  /** Added to the request, such as `authorization`. */
  headers?: Record<string, string>
}

/**
 * @throws {ChatError} `network`, if there is no answer at all
 * @throws the signal's reason, once it is aborted
 */
export async function post(
  url: string | URL,
  body: unknown,
  accept: string,
  { signal, fetch: send = globalThis.fetch, headers }: PostOptions,
): Promise<Response> {
  try {
    return await send(url, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw clientError('network', 'The server could not be reached.', { cause: error })
  }
}
