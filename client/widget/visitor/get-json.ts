/** What the Worker says at an address, where the page works without it too. */

/**
 * @param send calls the Worker
 * @returns `undefined` for every failure
 */
export async function getJson<T>(path: string, send: typeof fetch): Promise<Partial<T> | undefined> {
  try {
    const response = await send(path)
    if (response.ok) return (await response.json()) as Partial<T>
    // A body that nobody reads keeps its connection.
    await response.body?.cancel()
  } catch {}
  return undefined
}
