/**
 * Passes on an answer that is no event stream, as it comes: JSON or text of any size. Neither can say that it
 * is cut off, so the caller's connection breaks off where the upstream's did.
 */
import { gatheredChunks } from '../answer/chunks.ts'
import { type AnswerEnd, endOf } from '../answer/end.ts'
import { endOnSilence } from '../answer/silence.ts'
import { ApiError, BROKE_OFF } from '../errors.ts'
import { GATHER_MS } from '../limits.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { Answer, Call } from '../upstreams/call.ts'
import { createResponseBody } from './response-body.ts'

interface Source
  extends Pick<Answer, 'first' | 'rest'>,
    Pick<Call, 'signal' | 'abort' | 'leave' | 'onLeave'> {
  clientGone: AbortSignal
  silenceMs: number
  /** Called with the answer's bytes, in order. */
  observe(bytes: Uint8Array): void
}

export interface PassedBody {
  body: ReadableStream<Uint8Array>
  /** Settles when the caller has all that it will get. Never rejects. */
  ended: Promise<AnswerEnd & { bytes: number }>
}

export function passBody({ first, rest, clientGone, silenceMs, observe, ...call }: Source): PassedBody {
  const { signal } = call
  const body = createResponseBody(clientGone, () => call.leave(new ApiError('caller_left')))
  const gathered = gatheredChunks(first, rest, { gatherMs: GATHER_MS, now: Date.now })
  const { chunks, stop } = endOnSilence(gathered, silenceMs, call.abort)
  call.onLeave(chunks.hurry)

  async function run(): Promise<AnswerEnd> {
    try {
      for (;;) {
        const bytes = await unlessAborted(chunks.read(), signal)
        if (bytes === undefined) break
        observe(bytes)
        body.write(bytes)
        const room = body.flush()
        if (room !== undefined) await unlessAborted(room, signal)
      }
      await body.close()
      return { state: 'done' }
    } catch (cause) {
      chunks.cancel()
      await body.breakOff(new Error(BROKE_OFF))
      return endOf(signal.aborted ? signal.reason : new ApiError('upstream_truncated', { cause }))
    } finally {
      stop()
    }
  }

  const ended = run()
  return { body: body.readable, ended: ended.then((end) => ({ ...end, bytes: body.bytes })) }
}
