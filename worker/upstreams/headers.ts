/** The upstream's headers that reach the caller: a list of what may pass. */
import type { UpstreamWords } from './words.ts'

const PASSED = ['retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id']
const PASSED_PREFIX = 'x-ratelimit-'

/** Ids, counts, durations and times: no sentence has this form. */
const TOKEN = /^[\w.:+/=-]{1,128}$/
/** [spec] RFC 9110, 10.2.3: seconds, or a date. */
const DATE = /^[\w:, ]{1,32}$/

/**
 * @param words says which values may pass
 * @returns the headers that OpenAI's SDKs and dashboards act on: no cookies, organisation, host or cache
 *   headers
 */
export function passedHeaders(upstream: Headers, words: UpstreamWords): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of upstream) {
    const isKnown = PASSED.includes(name) || name.startsWith(PASSED_PREFIX)
    const form = name === 'retry-after' ? DATE : TOKEN
    if (isKnown && form.test(value) && words.header(value)) passed[name] = value
  }
  return passed
}
