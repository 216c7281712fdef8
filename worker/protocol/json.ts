/** JSON from outside: parsed without exceptions, and looked into without casts. */

/** @returns `undefined` where the text is not JSON, which has no `undefined` of its own */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
