/** JSON from outside: parsed without exceptions, and read without casts. */

/** @returns `undefined` if the text is not JSON; no JSON text parses to `undefined` */
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
