/**
 * How long a server asks to be left alone, in milliseconds: `retry-after-ms` (OpenAI's own), or `Retry-After`
 * in seconds or as a date.
 *
 * @returns `undefined` where neither is there, or neither makes sense
 * @example
 *   retryAfter(response.headers, Date.now())
 */
export function retryAfter(headers: Pick<Headers, 'get'>, now: number): number | undefined {
  const ms = readNumber(readValue(headers, 'retry-after-ms'))
  if (ms !== undefined) return ms
  const after = readValue(headers, 'retry-after')
  const seconds = readNumber(after)
  if (seconds !== undefined) return seconds * 1000
  // `Date.parse` takes almost anything for a date: `5, 6` would be one in May.
  const date = /^(?:[a-z]{3,9}, .+ GMT|\d{4}-\d\d-\d\dT.+Z)$/i.test(after) ? Date.parse(after) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** [spec] RFC 9110, 10.2.3 has whole seconds; servers send fractions, too. */
const readNumber = (text: string) => (/^\d{1,15}(?:\.\d{0,15})?$/.test(text) ? Number(text) : undefined)

/** A header that came twice arrives as a list: `5, 5` says 5. A date has a comma of its own. */
function readValue(headers: Pick<Headers, 'get'>, name: string): string {
  const parts = (headers.get(name) ?? '').split(',').map((part) => part.trim())
  const repeats = (length: number) => parts.every((part, at) => part === parts[at % length])
  const length = [1, 2].find((one) => parts.length % one === 0 && repeats(one)) ?? parts.length
  return parts.slice(0, length).join(', ')
}
