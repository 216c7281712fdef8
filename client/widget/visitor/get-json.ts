/** Gets optional data from the Worker. */

/**
 * @param send calls the Worker
 * @returns `undefined` on any failure
 */
export async function getJson<T>(path: string, send: typeof fetch): Promise<Partial<T> | undefined> {
  try {
    const response = await send(path)
    if (response.ok) return (await response.json()) as Partial<T>
    // An unread body would keep its connection open, and browsers show a cancelled one as an error.
    await response.text()
  } catch {}
  return undefined
}
