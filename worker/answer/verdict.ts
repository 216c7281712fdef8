/**
 * Holds an answer that has begun until its question was judged. An answer that may not be shown, or whose
 * caller leaves meanwhile, has cost what came of it.
 */
import type { ApiError } from '../errors.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { Answer } from '../upstreams/attempt.ts'
import { type Call, reasonOf } from '../upstreams/call.ts'

/**
 * @param judged why the question is refused, if it is
 * @param see takes the bytes that came of an answer that is not shown, to count them
 * @returns why the answer is not shown; `undefined`: it may be
 */
export async function awaitVerdict(
  judged: Promise<ApiError | undefined> | undefined,
  { first, rest }: Pick<Answer, 'first' | 'rest'>,
  call: Call,
  see: (bytes: Uint8Array) => void,
): Promise<ApiError | undefined> {
  if (judged === undefined) return undefined
  const left = new Promise<ApiError>((resolve) => call.onLeave(resolve))
  const verdict = unlessAborted(judged, call.signal).catch(() => reasonOf(call.signal))
  const refusal = (await Promise.race([verdict, left])) ?? (call.signal.aborted && reasonOf(call.signal))
  if (!refusal) return undefined
  see(first)
  await readArrived(rest, call.signal, see)
  return refusal
}

/** Reads what has come, until the call is aborted. */
async function readArrived(
  rest: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  see: (bytes: Uint8Array) => void,
): Promise<void> {
  const reader = rest.getReader()
  try {
    for (;;) {
      const { done, value } = await unlessAborted(reader.read(), signal)
      if (done) return
      see(value)
    }
  } catch {
    // The call was aborted, or broke off.
  }
}
