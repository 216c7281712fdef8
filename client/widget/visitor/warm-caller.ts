/** Has the Worker make the caller's object ready while the question is still being thought of. */

/** That it works is of no importance. @param send calls the Worker */
export async function warmCaller(streams: string, send: typeof fetch): Promise<void> {
  try {
    const response = await send(streams)
    // A refusal has a body, which nobody reads.
    await response.body?.cancel()
  } catch {}
}
