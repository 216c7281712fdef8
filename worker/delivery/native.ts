/**
 * Carries a stream to the caller byte for byte, natively: JavaScript wakes for its first bytes, for
 * its end, and once a second to look at a second branch (watch.ts). Only when the upstream leaves the answer
 * unfinished does it add something: the error that says so.
 */
import { ApiError } from '../errors.ts'
import { completeWithError, isUnterminatedDone } from '../formats/chat-completions/complete-cut.ts'
import { BROKEN_PIPE_GRACE_MS } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import type { EndState } from '../protocol/wire.ts'
import type { Watched } from './watch.ts'

export interface Carried {
  /** For the caller. */
  body: ReadableStream<Uint8Array>
  /** Settles when the caller has all it will get. Never rejects; it must be kept alive (`waitUntil`). */
  ended: Promise<Carriage>
}

export interface Carriage {
  end: EndState
  /** Of the answer, as the caller had it. */
  bytes: number
}

interface Source {
  first: Uint8Array
  watched: Watched
  /** The upstream call: aborted here when the caller leaves. */
  signal: AbortSignal
  abort(reason: ApiError): void
}

export function carry({ first, watched, signal, abort }: Source): Carried {
  const { readable, writable } = new IdentityTransformStream()

  async function run(): Promise<EndState> {
    try {
      await write(writable, first)
      // Native on both sides: no chunk wakes JavaScript. It stays open at the end, for the last words.
      await watched.toCaller.pipeTo(writable, { preventClose: true, preventAbort: true })
    } catch {
      if (await callerLeft()) {
        // What had arrived is still looked at: it has to be accounted for.
        abort(new ApiError('caller_left'))
        await Promise.race([watched.ended, wait(BROKEN_PIPE_GRACE_MS)])
        watched.leave()
        return watched.ending().state === 'done' ? 'done' : 'stopped'
      }
    }
    watched.hurry()
    await watched.ended
    return lastWords()
  }

  /** A pipe breaks on either side. An upstream that broke off is seen on the other branch as well. */
  async function callerLeft(): Promise<boolean> {
    watched.hurry()
    const broke = await Promise.race([watched.ended, wait(BROKEN_PIPE_GRACE_MS)])
    return broke === undefined || isCallersDoing(signal)
  }

  async function lastWords(): Promise<EndState> {
    const { state, unfinished } = watched.ending()
    const whole = state === 'done' || (state === 'open' && isUnterminatedDone(unfinished))
    const error = signal.aborted && signal.reason instanceof ApiError ? signal.reason : undefined
    try {
      if (state === 'open') {
        const envelope = (error ?? new ApiError('upstream_truncated')).envelope()
        // `[DONE]` without its blank line reads as nothing: the answer is whole, so its framing is mended.
        await write(writable, toBytes(whole ? '\n\n' : completeWithError(unfinished, envelope)))
      }
      await writable.close()
    } catch {
      return whole ? 'done' : 'stopped'
    }
    if (whole) return 'done'
    if (error?.code === 'budget_reached') return 'budget'
    return state === 'failed' || error !== undefined ? 'failed' : 'truncated'
  }

  return { body: readable, ended: run().then((end) => ({ end, bytes: watched.bytes })) }
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
