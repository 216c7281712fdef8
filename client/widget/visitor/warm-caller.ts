/** Warms up the caller's object on the Worker while the reader is still typing. */

/** Ignores failures. @param send calls the Worker */
export async function warmCaller(streams: string, send: typeof fetch): Promise<void> {
  try {
    const response = await send(streams)
    // An unread body would keep its connection open, and browsers show a cancelled one as an error.
    await response.text()
  } catch {}
}
