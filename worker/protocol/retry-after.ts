/**
 * How long a server asks clients to wait, in milliseconds: from `retry-after-ms` (OpenAI's own), or
 * `Retry-After` in seconds or as a date.
 *
 * @returns `undefined` if both headers are missing or invalid
 * @example
 *   retryAfter(response.headers, Date.now())
 */
export function retryAfter(headers: Pick<Headers, 'get'>, now: number): number | undefined {
  const ms = readNumber(readValue(headers, 'retry-after-ms'))
  if (ms !== undefined) return ms
  const after = readValue(headers, 'retry-after')
  const seconds = readNumber(after)
  if (seconds !== undefined) return seconds * 1000
  // `Date.parse` accepts almost anything: it reads `5, 6` as a date in May.
  const date = /^(?:[a-z]{3,9}, .+ GMT|\d{4}-\d\d-\d\dT.+Z)$/i.test(after) ? Date.parse(after) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** [spec] RFC 9110, 10.2.3 allows whole seconds only, but servers also send fractions. */
const readNumber = (text: string) => (/^\d{1,15}(?:\.\d{0,15})?$/.test(text) ? Number(text) : undefined)

/** A repeated header arrives as a list: `5, 5` means 5. A date contains a comma itself. */
function readValue(headers: Pick<Headers, 'get'>, name: string): string {
  const parts = (headers.get(name) ?? '').split(',').map((part) => part.trim())
  const repeats = (length: number) => parts.every((part, at) => part === parts[at % length])
  const length = [1, 2].find((one) => parts.length % one === 0 && repeats(one)) ?? parts.length
  return parts.slice(0, length).join(', ')
}
