/** `/v1/streams`: the answer belongs to the caller's object, and a connection only reads it. */

import { readStreamRequest } from '../admission/body.ts'
import { rulesFor } from '../admission/policy.ts'
import { maxOwnTokens } from '../admission/prompt-limit.ts'
import { ownRates, rateHeaders } from '../admission/rate-headers.ts'
import { readCursor, readIdempotencyKey } from '../admission/stream.ts'
import { sha256 } from '../bytes.ts'
import { ApiError } from '../errors.ts'
import { EVENT_STREAM, IDEMPOTENT_REPLAYED, MAX_PROMPT_TOKENS, STREAM_ID } from '../protocol/wire.ts'
import { isStreamId } from '../streams/stream-id.ts'
import { counterFor } from '../tokens/packed.ts'
import { type Context, callerOf } from './context.ts'
import { originOf } from './origin.ts'
import { readQuestionOf, reservationOf } from './question.ts'
import { refuse, retraction, STREAMED } from './respond.ts'

export async function openStream(c: Context): Promise<Response> {
  const idempotencyKey = readIdempotencyKey(c.req.raw)
  if (idempotencyKey instanceof ApiError) return refuse(c, idempotencyKey)
  const after = readCursor(c.req.raw)
  if (after instanceof ApiError) return refuse(c, after)
  const chat = await readQuestionOf(c, readStreamRequest)
  if (chat instanceof ApiError) return refuse(c, chat)
  const { bytes, model } = chat
  const idempotency =
    idempotencyKey === undefined ? undefined : { key: idempotencyKey, hash: await sha256(bytes) }
  const { limits } = c.var
  const reservation = reservationOf(c, chat)
  const asked = Date.now()
  const origin = originOf(c.req.raw.headers)
  const opened = await callerOf(c).open({ bytes, model, idempotency, after, reservation, limits, origin })
  c.var.account.timing.upstream = Date.now() - asked
  if (opened instanceof ApiError) return refuse(c, opened)
  const { id, replayed, headers, state, events } = opened
  c.var.account.durable = replayed ? 'read' : 'opened'
  return eventStream(events, 201, {
    ...ownRates(headers, limits && (state ? rateHeaders(state, Date.now()) : {})),
    ...retraction(c.var.config.moderation),
    [STREAM_ID]: id,
    location: `/v1/streams/${id}`,
    ...(replayed && { [IDEMPOTENT_REPLAYED]: 'true' }),
  })
}

export async function followStream(c: Context): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const after = readCursor(c.req.raw)
  if (after instanceof ApiError) return refuse(c, after)
  const followed = isStreamId(id) ? await callerOf(c).follow(id, after) : new ApiError('stream_not_found')
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
  const stopped = isStreamId(id) ? await callerOf(c).stop(id) : new ApiError('stream_not_found')
  return stopped instanceof ApiError ? refuse(c, stopped) : c.body(null, 204)
}

export async function warmCaller(c: Context): Promise<Response> {
  const warmed = await callerOf(c).warm()
  if (warmed instanceof ApiError) return refuse(c, warmed)
  const { caller, config } = c.var
  const most = maxOwnTokens(rulesFor(caller, config, { counterFor, reserve: false }), config.defaultModel)
  return c.body(null, 204, most === undefined ? {} : { [MAX_PROMPT_TOKENS]: String(most) })
}

function eventStream(
  events: ReadableStream<Uint8Array> | undefined,
  status: 200 | 201 | 204,
  headers: Record<string, string>,
): Response {
  return new Response(events ?? null, {
    status,
    headers: { ...headers, ...(events && { 'content-type': EVENT_STREAM }), ...STREAMED },
  })
}
