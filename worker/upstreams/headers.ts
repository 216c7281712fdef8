/** The upstream's headers that reach the caller: a list of what may pass. */
import type { UpstreamWords } from './words.ts'

const PASSED = ['retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id']
const PASSED_PREFIX = 'x-ratelimit-'

/**
 * @param words says which values may pass
 * @returns the headers that OpenAI's SDKs and dashboards act on: no cookies, organisation, host or cache
 *   headers
 */
export function passedHeaders(upstream: Headers, words: UpstreamWords): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of upstream) {
    const isKnown = PASSED.includes(name) || name.startsWith(PASSED_PREFIX)
    if (isKnown && words.header(value)) passed[name] = value
  }
  return passed
}
