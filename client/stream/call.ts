/** Sends a request. The only failure it reports itself is that there was no answer at all. */
import { ChatError, clientError } from './chat-error.ts'

export interface CallOptions {
  /** Ends the connection. */
  signal?: AbortSignal
  /** A session's `fetch`, to ask as a visitor (session.ts); a runtime's own; or a test's. */
  fetch?: typeof fetch
  /** Added to the request, such as `authorization`. */
  headers?: Record<string, string>
}

/**
 * @throws {ChatError} `network`, if there was no answer at all; or the reason why there is no session
 * @throws the signal's reason, once it is aborted
 */
export async function call(
  url: string | URL,
  init: RequestInit,
  { signal, fetch: send = globalThis.fetch, headers }: CallOptions,
): Promise<Response> {
  try {
    return await send(url, { ...init, headers: { ...init.headers, ...headers }, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    // A session's `fetch` reports itself why there is no session.
    if (error instanceof ChatError) throw error
    throw clientError('network', 'The server could not be reached.', { cause: error })
  }
}

/** The same with a body of JSON. */
export function post(
  url: string | URL,
  body: unknown,
  accept: string,
  options: CallOptions,
): Promise<Response> {
  const headers = { accept, 'content-type': 'application/json' }
  return call(url, { method: 'POST', headers, body: JSON.stringify(body) }, options)
}
