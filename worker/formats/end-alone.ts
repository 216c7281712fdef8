/**
 * Whether an answer may end before it has begun, by its first bytes: a cheap check. `[DONE]` with nothing
 * before it is no answer. Once it is passed on, no client reads an error after it.
 */
export function mayEndUnbegun(text: string): boolean {
  const json = text.indexOf('{')
  // An event without JSON is no beginning, and the end may follow it.
  return json === -1 ? /^[^:\r\n]/m.test(text) : text.slice(0, json).includes('[DONE]')
}
