/** One call upstream: who may end it, and its deadlines. */
import { ApiError, type ErrorCode } from '../errors.ts'
import { LEAVE_GRACE_MS } from '../limits.ts'
import { unlessAborted } from '../unless-aborted.ts'

export interface Call {
  /** Aborts with the upstream's connection; its `reason` is an `ApiError` that says why. */
  readonly signal: AbortSignal
  abort(reason: ApiError): void
  /** Aborts the call once what had arrived was read, so that it is accounted for. */
  leave(reason: ApiError): void
  /** Sets what is done just before `leave` aborts the call; at once, if it is about to. */
  onLeave(drain: (reason: ApiError) => void): void
  /** Ends the deadline of the whole. To be called at the answer's end. */
  finished(): void
}

/** @param caller aborts when the caller leaves, and then so does the call */
export function createCall(caller: AbortSignal, totalMs: number): Call {
  const controller = new AbortController()
  const abort = (reason: ApiError) => controller.abort(reason)
  const timer = setTimeout(() => abort(new ApiError('upstream_total_timeout')), totalMs)
  let drain: ((reason: ApiError) => void) | undefined
  let leaving: ApiError | undefined
  const leave = (reason: ApiError) => {
    if (drain === undefined) return abort(reason)
    leaving ??= reason
    drain(leaving)
    setTimeout(() => abort(reason), LEAVE_GRACE_MS)
  }
  const left = () => leave(new ApiError('caller_left'))
  const onLeave: Call['onLeave'] = (work) => {
    drain = work
    if (leaving !== undefined) work(leaving)
  }
  const finished = () => {
    clearTimeout(timer)
    caller.removeEventListener('abort', left)
  }
  if (caller.aborted) left()
  caller.addEventListener('abort', left)
  return { signal: controller.signal, abort, leave, onLeave, finished }
}

/** What can be aborted: a call, or an attempt of it. */
export type Abortable = Pick<Call, 'signal' | 'abort'>

/** Aborts it with `code` unless `work` settles in time. */
export async function within<T>(ms: number, code: ErrorCode, own: Abortable, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => own.abort(new ApiError(code)), ms)
  try {
    return await unlessAborted(work, own.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** Why a call was aborted. */
export function reasonOf(signal: AbortSignal): ApiError {
  const { reason } = signal
  return reason instanceof ApiError ? reason : new ApiError('internal_error', { cause: reason })
}
