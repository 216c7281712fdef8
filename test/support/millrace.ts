/** The real Worker, started as `npm start` does: for tests that meet it over HTTP. */

import { ROOT } from '../../scripts/bundle.ts'
import { startLocal } from '../../scripts/local.ts'

export interface Millrace {
  /** Without a slash at its end. */
  url: string
  /** The Worker's log, a record a request, in the order in which they ended. */
  logs: Record<string, unknown>[]
  stop(): Promise<void>
}

/** @param vars configuration; open to callers and answered by the demo unless it says otherwise */
export async function startMillrace(vars: Record<string, string> = {}): Promise<Millrace> {
  const logs: Millrace['logs'] = []
  const { url, stop } = await startLocal({
    port: 0,
    // Built once for all suites, by build.ts.
    bundle: `${ROOT}dist/worker`,
    vars: { OPEN_ACCESS: 'true', ...vars },
    onLog: (line) => logs.push(parse(line)),
  })
  return { url, logs, stop }
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line)
  } catch {
    // Kept as it is: a line that is no record is for a test to find.
    return { line }
  }
}
