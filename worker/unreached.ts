/** For the log: which host was not reached, and why. */
import type { Notes } from './errors.ts'

const MAX_CAUSE_CHARS = 200

/**
 * @param setting by which the owner chooses the host
 * @param cause what `fetch` threw. Its message is the runtime's; an address in it may hold an account's id
 */
export function unreached(host: string, setting: string, cause: unknown): Notes {
  const why = cause instanceof Error ? cause.message : String(cause)
  const said = why.replace(/\b[a-z][a-z\d+.-]{1,20}:\/\/\S*/gi, '[…]').replace(/\s+/g, ' ')
  return { cause: `${host}: ${said}`.slice(0, MAX_CAUSE_CHARS), setting }
}
