/** Warms up the caller's object on the Worker while the reader is still typing. */
import { MAX_PROMPT_TOKENS } from '../../../worker/protocol/wire.ts'

/**
 * Ignores failures.
 *
 * @param send calls the Worker
 * @param told called with the most tokens that a prompt may have; `undefined`: the Worker sets no bound
 */
export async function warmCaller(
  streams: string,
  send: typeof fetch,
  told: (tokens: number | undefined) => void,
): Promise<void> {
  try {
    const response = await send(streams)
    const most = response.headers.get(MAX_PROMPT_TOKENS)
    if (response.ok) told(most === null ? undefined : Number(most))
    // An unread body would keep its connection open, and browsers show a cancelled one as an error.
    await response.text()
  } catch {}
}
