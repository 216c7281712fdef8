/** The upstream's headers that reach the caller: a list of what may pass. */

const PASSED = ['retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id']
const PASSED_PREFIX = 'x-ratelimit-'

/**
 * @returns the headers that OpenAI's SDKs and dashboards act on: no cookies, organisation, host or cache
 *   headers
 */
export function passedHeaders(upstream: Headers): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of upstream) {
    if (PASSED.includes(name) || name.startsWith(PASSED_PREFIX)) passed[name] = value
  }
  return passed
}
