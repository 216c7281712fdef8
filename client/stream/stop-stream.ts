/** Ends an answer for all its readers, and with it the upstream call. */
import { createAttempts } from './attempts.ts'
import { type CallOptions, call } from './call.ts'
import { asChatError } from './chat-error.ts'
import { environment as browser, type Environment } from './environment.ts'
import { readRefusal } from './refusal.ts'
import type { StreamFormat } from './stream-format.ts'

/**
 * Retries until the server answers, like a reader that has lost its connection. A stream that has ended, or
 * no longer exists, counts as stopped.
 *
 * @throws {ChatError} if the server refuses, or can't be reached for long
 */
export async function stopStream(
  format: StreamFormat,
  url: string | URL,
  id: string,
  { environment = browser, ...options }: Omit<CallOptions, 'signal'> & { environment?: Environment } = {},
): Promise<void> {
  const attempts = createAttempts({ environment, accepted: true })
  try {
    for (;;) {
      const signal = await attempts.next()
      try {
        // `keepalive`, because the reader may leave the page in the next moment.
        const { url: address, method } = format.stop(streamUrl(url, id))
        const response = await call(address, { method, keepalive: true }, { ...options, signal })
        if (response.ok || response.status === 404) {
          // An unread body would keep its connection open.
          await response.body?.cancel()
          return
        }
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
