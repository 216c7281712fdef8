/** Warms up the caller's object on the Worker while the reader is still typing. */

/** Ignores failures. @param send calls the Worker */
export async function warmCaller(streams: string, send: typeof fetch): Promise<void> {
  try {
    const response = await send(streams)
    // Cancel the body of a refusal, which would keep its connection open.
    await response.body?.cancel()
  } catch {}
}
