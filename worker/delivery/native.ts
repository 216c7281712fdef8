/**
 * Pipes a stream to the caller byte for byte, natively. JavaScript wakes for the first bytes, for the end,
 * and once a second to look at a second branch (watch.ts). It adds bytes only if the upstream leaves the
 * answer unfinished: an error that says so. A body that has no events breaks off instead.
 */
import { type AnswerEnd, endOf } from '../answer/end.ts'
import { ApiError, BROKE_OFF } from '../errors.ts'
import type { FollowedFormat } from '../formats/answer-format.ts'
import { BROKEN_PIPE_GRACE_MS, READER_STALL_MS } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import type { WireError } from '../protocol/wire.ts'
import { sleep } from '../sleep.ts'
import type { Watched } from './watch.ts'

export interface Piped {
  /** The caller's body. */
  body: ReadableStream<Uint8Array>
  /**
   * Settles when the caller has all that it will get, or the upstream's part has been over for
   * `READER_STALL_MS`. Never rejects. Keep it alive with `waitUntil`.
   */
  ended: Promise<AnswerEnd & { bytes: number }>
}

interface Source {
  first: Uint8Array
  format: FollowedFormat
  watched: Watched
  /** Signal of the upstream call, which is aborted here when the caller leaves. */
  signal: AbortSignal
  abort(reason: ApiError): void
  /** The upstream's error in mid-stream, for the log: the caller has its bytes. */
  errorOf(wire: WireError): ApiError
}

export function pipeNative({ first, format, watched, signal, abort, errorOf }: Source): Piped {
  const { readable, writable } = new IdentityTransformStream()
  const over = new AbortController()
  // The runtime may never read the body of a caller who has left, and then no write to it ends.
  const left = new Promise<never>((_, reject) => {
    const leave = () => isCallersDoing(signal) && reject(signal.reason)
    signal.addEventListener('abort', leave)
    leave()
  })
  left.catch(() => {})

  async function run(): Promise<AnswerEnd> {
    try {
      await Promise.race([write(writable, first), left])
      // Native on both sides: no chunk wakes JavaScript. The pipe stays open at the end for an error.
      const options = { preventClose: true, preventAbort: true }
      await Promise.race([watched.toCaller.pipeTo(writable, options), left])
    } catch {
      if (await callerLeft()) {
        // Read what has arrived before leaving: it has to be accounted for.
        abort(new ApiError('caller_left'))
        await Promise.race([watched.ended, wait(BROKEN_PIPE_GRACE_MS)])
        watched.cancel()
        return watched.ending().state === 'done' ? { state: 'done' } : { state: 'stopped' }
      }
    }
    watched.drainNow()
    await watched.ended
    return lastWords()
  }

  /** `pipeTo` doesn't say which side failed. If the watched branch broke too, it was the upstream. */
  async function callerLeft(): Promise<boolean> {
    watched.drainNow()
    const broke = await Promise.race([watched.ended, wait(BROKEN_PIPE_GRACE_MS)])
    return broke === undefined || isCallersDoing(signal)
  }

  async function lastWords(): Promise<AnswerEnd> {
    const { state, error, unfinished } = watched.ending()
    const { isPlain } = format
    const isWhole = isPlain
      ? (await watched.ended) === 'end'
      : state === 'done' || (state === 'open' && format.isUnterminatedEnd(unfinished))
    const end = endOf(signal.aborted ? signal.reason : new ApiError('upstream_truncated'))
    const finish = async () => {
      if (isPlain && !isWhole) return writable.abort(new Error(BROKE_OFF))
      if (isPlain) return writable.close()
      if (state === 'open' && isWhole) await write(writable, toBytes('\n\n'))
      else if (state === 'open' && end.error !== undefined) {
        await write(writable, toBytes(format.completeCut(watched.cut(), end.error.envelope())))
      }
      await writable.close()
    }
    try {
      await Promise.race([finish(), left])
    } catch {
      return { state: isWhole ? 'done' : 'stopped' }
    }
    if (isWhole) return { state: 'done' }
    return state === 'failed' ? { state, ...(error && { error: errorOf(error) }) } : end
  }

  /** A reader that takes nothing any more must not keep the account open. It may still read what is there. */
  async function stalled(): Promise<AnswerEnd> {
    await watched.ended
    await sleep(READER_STALL_MS, over.signal)
    if (over.signal.aborted) return running
    return { state: watched.ending().state === 'done' ? 'done' : 'stopped' }
  }

  const running = run().finally(() => over.abort())
  const ended = Promise.race([running, stalled()])
  return { body: readable, ended: ended.then((end) => ({ ...end, bytes: watched.bytes })) }
}

const isCallersDoing = (signal: AbortSignal) =>
  signal.aborted && signal.reason instanceof ApiError && signal.reason.code === 'caller_left'

async function write(writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter()
  try {
    await writer.write(bytes)
  } finally {
    writer.releaseLock()
  }
}

const wait = (ms: number) => new Promise<undefined>((resolve) => setTimeout(resolve, ms))
