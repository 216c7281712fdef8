/**
 * Carries a stream to the caller byte for byte, natively: JavaScript wakes for its first bytes, for
 * its end, and once a second to look at a second branch. Only when the upstream leaves the answer
 * unfinished does it add something: the error that says so.
 */
import { ApiError } from '../errors.ts'
import { BROKEN_PIPE_GRACE_MS } from '../limits.ts'
import { completeWithError, isUnterminatedDone } from '../sse/complete.ts'
import { toBytes } from '../sse/encode.ts'
import { followEnding } from '../sse/ending.ts'
import type { EndState } from '../wire.ts'
import { tap } from './tap.ts'

export interface Carried {
  /** For the caller. */
  body: ReadableStream<Uint8Array>
  /** Settles when the caller has all it will get. Never rejects; it must be kept alive (`waitUntil`). */
  ended: Promise<{ end: EndState; bytes: number }>
}

interface Source {
  first: Uint8Array
  rest: ReadableStream<Uint8Array>
  /** The upstream call: aborted here when the caller leaves or the upstream falls silent. */
  signal: AbortSignal
  abort(reason: ApiError): void
  silenceMs: number
}

export function carry({ first, rest, signal, abort, silenceMs }: Source): Carried {
  const { readable, writable } = new IdentityTransformStream()
  const [toCaller, toTap] = rest.tee()
  const ending = followEnding()
  let bytes = 0
  const see = (part: Uint8Array) => {
    bytes += part.byteLength
    ending.push(part)
  }
  see(first)
  const watched = tap(toTap, {
    onBytes: see,
    onSilence: () => abort(new ApiError('upstream_silence_timeout')),
    silenceMs,
  })

  async function run(): Promise<EndState> {
    try {
      await write(writable, first)
      // Native on both sides: no chunk wakes JavaScript. It stays open at the end, for the last words.
      await toCaller.pipeTo(writable, { preventClose: true, preventAbort: true })
    } catch {
      if (await callerLeft()) {
        watched.leave()
        abort(new ApiError('caller_left'))
        return ending.now().state === 'done' ? 'done' : 'stopped'
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
    const { state, unfinished } = ending.now()
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
    return state === 'failed' || error !== undefined ? 'failed' : 'truncated'
  }

  return { body: readable, ended: run().then((end) => ({ end, bytes })) }
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
