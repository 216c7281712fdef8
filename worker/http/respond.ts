/** How answers and refusals go out. */
import type { ApiError } from '../errors.ts'
import { inTime } from '../in-time.ts'
import { MAX_BODY_MS, MAX_DRAINED_BYTES, MAX_READ_BYTES } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { RETRACT_CHARS } from '../protocol/wire.ts'
import type { Context } from './context.ts'

/** Headers of every answer that is passed on as it comes. */
export const STREAMED = {
  // Not `no-store`: Chromium reports a stream with it as cancelled, though it was read to its end. No shared
  // cache may keep a private answer; the client and `EventSource` ask their browser not to.
  'cache-control': 'private, no-cache, no-transform',
  'x-content-type-options': 'nosniff',
  // nginx and those that follow it gather an answer before they send it, unless it says so.
  'x-accel-buffering': 'no',
}

/** `Access-Control-Allow-Origin` of a refusal that every page may read. */
export const ANY_PAGE = '*'

/** Tells readers of a streamed answer how much of it may be taken back, if any. */
export function retraction({ output, mode }: Pick<Moderating, 'output' | 'mode'>): Record<string, string> {
  return output && mode.kind === 'retract' ? { [RETRACT_CHARS]: String(mode.lead) } : {}
}

export async function refuse(c: Context, error: ApiError): Promise<Response> {
  const { account } = c.var
  const { body, bodyUsed } = c.req.raw
  // A caller that is answered while it still sends its body sees a reset instead of the answer.
  if (!bodyUsed && body !== null) await drain(body)
  account.code = error.code
  Object.assign(account, error.notes)
  // Not the message: it may quote the caller's words.
  if (error.code === 'internal_error' && error.cause instanceof Error) {
    account.cause = `${error.cause.name} ${error.cause.stack?.split('\n')[1]?.trim() ?? ''}`
  }
  return error.toResponse(c.req.path === '/chat' ? 'text' : 'json')
}

/** Reads a body and drops it; one that takes longer than any that is read is left. */
async function drain(body: ReadableStream<Uint8Array>): Promise<void> {
  await inTime(MAX_BODY_MS, readOver(body, MAX_DRAINED_BYTES)).catch(() => {})
}

/** Reads into one buffer again and again, so that a hundred large bodies leave no garbage behind. */
async function readOver(body: ReadableStream<Uint8Array>, most: number): Promise<void> {
  const reader = body.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(MAX_READ_BYTES)
  for (let length = 0; length <= most; ) {
    const { value, done } = await reader.read(new Uint8Array(buffer))
    if (done) return
    length += value.byteLength
    buffer = value.buffer
  }
}
