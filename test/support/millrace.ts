/** The real Worker, started as `npm start` does, for tests over HTTP. */

import { ROOT } from '../../scripts/bundle.ts'
import { startLocal } from '../../scripts/local.ts'

export interface Millrace {
  /** Without a slash at its end. */
  url: string
  /** The Worker's log, one record a request, in the order in which the requests ended. */
  logs: Record<string, unknown>[]
  stop(): Promise<void>
}

/**
 * In ten seconds. A deployment takes 20 from a visitor: tests ask faster than people do, and on a slow
 * machine ask again more often until they find what they wait for.
 */
const MOST_CALLS = 100_000

/**
 * @param vars configuration; by default open to all callers, and answered by the demo
 * @param bursts whether visitors' calls are limited as in a deployment
 */
export async function startMillrace(
  vars: Record<string, string> = {},
  bursts: 'unlimited' | 'limited' = 'unlimited',
): Promise<Millrace> {
  const logs: Millrace['logs'] = []
  const { url, stop } = await startLocal({
    port: 0,
    // build.ts builds it once for all suites.
    bundle: `${ROOT}dist/worker`,
    vars: { OPEN_ACCESS: 'true', ...vars },
    ...(bursts === 'unlimited' && { burst: MOST_CALLS }),
    onLog: (line) => logs.push(parse(line)),
  })
  return { url, logs, stop }
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line)
  } catch {
    // A line that is no record is kept, so that a test can find it.
    return { line }
  }
}
