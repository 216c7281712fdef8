/** Ends a body that has fallen silent: a dead connection often reports no error. */
import { clientError } from './chat-error.ts'
import type { Environment } from './environment.ts'

/** Two heartbeats of the Worker, which come every 15 s, plus a margin for a slow network. */
export const SILENCE_MS = 35_000

/**
 * The same bytes, with a `network` error once a read has waited for `SILENCE_MS`. Time between reads doesn't
 * count, so a slow reader causes no error.
 */
export function endSilence(
  body: ReadableStream<Uint8Array>,
  { timer }: Pick<Environment, 'timer'>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        const stopWaiting = timer(SILENCE_MS, () => {
          controller.error(clientError('network', 'Nothing came any more.'))
          reader.cancel().catch(() => {})
        })
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value)
        } finally {
          stopWaiting()
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Reads only when it is read itself.
    { highWaterMark: 0 },
  )
}
