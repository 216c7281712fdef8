/**
 * Loaded into Portkey's process before its server. Portkey 1.15.2 adds headers to the response from `fetch`,
 * which Node refuses, so every answer would be a 500. This gives each response headers of its own.
 */
const { fetch: send, Response: PlainResponse } = globalThis

globalThis.fetch = async (...asked: Parameters<typeof fetch>) => {
  const { body, status, statusText, headers } = await send(...asked)
  return new PlainResponse(body, { status, statusText, headers: new Headers(headers) })
}
