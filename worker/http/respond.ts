/** How answers and refusals go out. */
import { readAtMost } from '../bytes.ts'
import type { ApiError } from '../errors.ts'
import { MAX_DRAINED_BYTES } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { RETRACT_CHARS } from '../protocol/wire.ts'
import type { Context } from './context.ts'

/** Headers of every answer that is passed on as it comes. */
export const STREAMED = {
  'cache-control': 'no-store, no-transform',
  'x-content-type-options': 'nosniff',
  // nginx and those that follow it gather an answer before they send it, unless it says so.
  'x-accel-buffering': 'no',
}

/** Tells readers of a streamed answer how much of it may be taken back, if any. */
export function retraction({ output, mode }: Pick<Moderating, 'output' | 'mode'>): Record<string, string> {
  return output && mode.kind === 'retract' ? { [RETRACT_CHARS]: String(mode.lead) } : {}
}

export async function refuse(c: Context, error: ApiError): Promise<Response> {
  const { account } = c.var
  const { body, bodyUsed } = c.req.raw
  // A caller that is answered while it still sends its body sees a reset instead of the answer.
  if (!bodyUsed) await readAtMost(body, 0, MAX_DRAINED_BYTES).catch(() => {})
  account.code = error.code
  if (error.upstreamStatus !== undefined) account.upstream_status = error.upstreamStatus
  // Not the message: it may quote the caller's words.
  if (error.code === 'internal_error' && error.cause instanceof Error) {
    account.cause = `${error.cause.name} ${error.cause.stack?.split('\n')[1]?.trim() ?? ''}`
  }
  return error.toResponse(c.req.path === '/chat' ? 'text' : 'json')
}
