/**
 * Is loaded into Portkey's process before its server. Portkey 1.15.2 adds headers to the response that
 * `fetch` gave it, which Node refuses: the answer would be a 500. So each response gets headers of its own,
 * once an answer.
 */
const { fetch: send, Response: PlainResponse } = globalThis

globalThis.fetch = async (...asked: Parameters<typeof fetch>) => {
  const { body, status, statusText, headers } = await send(...asked)
  return new PlainResponse(body, { status, statusText, headers: new Headers(headers) })
}
