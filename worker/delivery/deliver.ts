/** Hands a transformed stream to the caller, and tells how that ended. */
import { ApiError, BROKE_OFF } from '../errors.ts'
import type { EndState } from '../protocol/wire.ts'
import type { Carriage, Carried } from './native.ts'

interface Call {
  signal: AbortSignal
  abort(reason: ApiError): void
}

/**
 * Waits for the first chunk, so that a failure before it can still be a status.
 *
 * @param call the upstream call: aborted when the caller leaves
 * @param lastWords what to send where the stream fails later. Without it the connection is broken off: bare text
 *   has no other way to say that it isn't whole.
 * @throws {ApiError} or whatever else ended the stream before its first chunk
 */
export async function deliver(
  stream: ReadableStream<Uint8Array>,
  call: Call,
  lastWords?: (error: ApiError) => Uint8Array,
): Promise<Carried> {
  const reader = stream.getReader()
  let next: ReadableStreamReadResult<Uint8Array> | undefined = await reader.read()
  const { promise: ended, resolve } = Promise.withResolvers<Carriage>()

  let bytes = 0
  const end = (state: EndState) => resolve({ end: state, bytes })

  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = next ?? (await reader.read())
        next = undefined
        if (done) {
          controller.close()
          return end('done')
        }
        bytes += value.byteLength
        controller.enqueue(value)
      } catch (error) {
        const reason = call.signal.aborted ? call.signal.reason : error
        const last = lastWords?.(toApiError(reason))
        if (last === undefined) controller.error(new Error(BROKE_OFF))
        else {
          controller.enqueue(last)
          controller.close()
        }
        end(stateOf(reason))
      }
    },
    cancel() {
      end('stopped')
      call.abort(new ApiError('caller_left'))
    },
  })
  return { body, ended }
}

/** How an answer ends that this ends. */
export function stateOf(error: unknown): EndState {
  if (!(error instanceof ApiError)) return 'truncated'
  if (error.code === 'caller_left') return 'stopped'
  if (error.code === 'budget_reached') return 'budget'
  return error.code === 'upstream_truncated' ? 'truncated' : 'failed'
}

const toApiError = (error: unknown) =>
  error instanceof ApiError ? error : new ApiError('upstream_truncated', { cause: error })
