/** Ends an answer for all who read it, and the call upstream with it. */
import { createAttempts } from './attempts.ts'
import { type CallOptions, call } from './call.ts'
import { asChatError } from './chat-error.ts'
import { environment as browser, type Environment } from './environment.ts'
import { readRefusal } from './refusal.ts'

/**
 * Asks until it is heard, as a reader does who has lost their connection. A stream that has ended, or is no longer
 * there, is stopped already.
 *
 * @throws {ChatError} where the server refuses, or can't be reached for long
 */
export async function stopStream(
  url: string | URL,
  id: string,
  { environment = browser, ...options }: Omit<CallOptions, 'signal'> & { environment?: Environment } = {},
): Promise<void> {
  const attempts = createAttempts({ environment, taken: true })
  try {
    for (;;) {
      const signal = await attempts.next()
      try {
        // The page that sends it may be left in the next moment.
        const init = { method: 'DELETE', keepalive: true }
        const response = await call(streamUrl(url, id), init, { ...options, signal })
        if (response.ok || response.status === 404) return
        throw await readRefusal(response, signal)
      } catch (error) {
        attempts.lost(asChatError(error, null))
      }
    }
  } finally {
    attempts.end()
  }
}

export function streamUrl(url: string | URL, id: string): string {
  return `${url}/${encodeURIComponent(id)}`
}
