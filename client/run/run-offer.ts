/** Loads what runs code, once there is code to run and the Worker lets it. */
import type { Health } from '../../worker/protocol/wire.ts'
import type { CodeRunOptions } from './code-runs.ts'
import { kindOf } from './runnable.ts'

/**
 * @param health asks the Worker what it lets pages do
 * @returns what offers to run the code of an answer that is whole
 */
export function createRunOffer(
  health: () => Promise<Partial<Health> | undefined>,
  options: CodeRunOptions,
): (body: Element) => Promise<void> {
  return async (body) => {
    if (![...body.querySelectorAll('.code')].some(kindOf)) return
    if (!(await health())?.run_code) return
    try {
      const { offerRuns } = await import('./part.ts')
      offerRuns(body, options)
    } catch {
      // Where the page blocks the part, code is only shown.
    }
  }
}
