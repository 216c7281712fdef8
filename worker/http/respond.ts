/** How answers and refusals go out. */
import { readAtMost } from '../bytes.ts'
import type { ApiError } from '../errors.ts'
import { MAX_DRAINED_BYTES } from '../limits.ts'
import type { Context } from './context.ts'

/** Of every answer that comes as it is made. */
export const STREAMED = { 'cache-control': 'no-store, no-transform', 'x-content-type-options': 'nosniff' }

export async function refuse(c: Context, error: ApiError): Promise<Response> {
  const { account } = c.var
  const { body, bodyUsed } = c.req.raw
  // A caller that is still sending when it is answered sees a reset, and not the answer.
  if (!bodyUsed) await readAtMost(body, 0, MAX_DRAINED_BYTES).catch(() => {})
  account.code = error.code
  if (error.upstreamStatus !== undefined) account.upstream_status = error.upstreamStatus
  // Its name and place alone: a message may quote what was asked.
  if (error.code === 'internal_error' && error.cause instanceof Error) {
    account.cause = `${error.cause.name} ${error.cause.stack?.split('\n')[1]?.trim() ?? ''}`
  }
  return error.toResponse(c.req.path === '/chat' ? 'text' : 'json')
}
