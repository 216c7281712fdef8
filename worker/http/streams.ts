/** `/v1/streams`: the answer belongs to the caller's object, and a connection only reads it. */
import { readStreamRequest } from '../admission/body.ts'
import { rulesFor } from '../admission/policy.ts'
import { maxOwnTokens } from '../admission/prompt-limit.ts'
import { readCursor } from '../admission/stream.ts'
import { ApiError } from '../errors.ts'
import { MAX_PROMPT_TOKENS, STREAM_ID } from '../protocol/wire.ts'
import { isStreamId } from '../streams/stream-id.ts'
import { counterFor } from '../tokens/packed.ts'
import { type Context, callerOf } from './context.ts'
import { eventStream, openKept } from './kept.ts'
import { readQuestionOf } from './question.ts'
import { refuse, retraction } from './respond.ts'

export async function openStream(c: Context): Promise<Response> {
  const chat = await readQuestionOf(c, readStreamRequest)
  if (chat instanceof ApiError) return refuse(c, chat)
  const opened = await openKept(c, chat)
  if (opened instanceof ApiError) return refuse(c, opened)
  const { id, events, headers } = opened
  return eventStream(events, 201, { ...headers, [STREAM_ID]: id, location: `/v1/streams/${id}` })
}

export async function followStream(c: Context): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const after = readCursor(c.req.raw)
  if (after instanceof ApiError) return refuse(c, after)
  const followed = isStreamId(id, 'chat-completions')
    ? await callerOf(c).follow(id, after)
    : new ApiError('stream_not_found')
  if (followed instanceof ApiError) return refuse(c, followed)
  c.var.account.durable = 'read'
  // [spec] HTML, 9.2: a stock EventSource stops reconnecting at a 204.
  return eventStream(followed.events, followed.events === undefined ? 204 : 200, {
    ...retraction(c.var.config.moderation),
    [STREAM_ID]: id,
  })
}

export async function stopStream(c: Context): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const stopped = isStreamId(id, 'chat-completions')
    ? await callerOf(c).stop(id)
    : new ApiError('stream_not_found')
  return stopped instanceof ApiError ? refuse(c, stopped) : c.body(null, 204)
}

export async function warmCaller(c: Context): Promise<Response> {
  const warmed = await callerOf(c).warm()
  if (warmed instanceof ApiError) return refuse(c, warmed)
  const { caller, config } = c.var
  const most = maxOwnTokens(rulesFor(caller, config, { counterFor, reserve: false }), config.defaultModel)
  return c.body(null, 204, most === undefined ? {} : { [MAX_PROMPT_TOKENS]: String(most) })
}
