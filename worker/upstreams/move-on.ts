/** What a failed attempt says: of its upstream, and of whether the next one is asked. Pure. */
import type { Failing } from './rest.ts'

/** What an upstream's error is about, beside its status. */
export type About = 'model' | 'context' | 'policy' | 'quota'

/**
 * - `failed`, `refused`, `lacks-model`: it says something of this upstream, so the next one is asked.
 * - `too-long`: a model with a larger context window may be asked.
 * - `final`: it is about the request. Any other upstream would say the same, or must not be asked.
 *
 * @param status that the error came with or names; `undefined`: there is none, as after a connection that
 *   broke, a deadline, or a success that holds no answer
 */
export function meaningOf(
  status: number | undefined,
  about: About | undefined,
): Failing | 'too-long' | 'final' {
  if (about === 'policy') return 'final'
  if (about === 'model') return 'lacks-model'
  if (about === 'context') return 'too-long'
  if (status === undefined) return 'failed'
  if ([401, 402, 403, 407].includes(status) || about === 'quota') return 'refused'
  return status < 400 || status === 408 || status === 429 || status >= 500 ? 'failed' : 'final'
}
