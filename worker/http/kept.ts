/** Answers that belong to the caller's object: a connection only reads them. */
import type { ChatCall } from '../admission/body.ts'
import { ownRates, rateHeaders } from '../admission/rate-headers.ts'
import { readCursor, readIdempotencyKey } from '../admission/stream.ts'
import { sha256 } from '../bytes.ts'
import { ApiError } from '../errors.ts'
import { EVENT_STREAM, IDEMPOTENT_REPLAYED } from '../protocol/wire.ts'
import { type Context, callerOf } from './context.ts'
import { originOf } from './origin.ts'
import { reservationOf } from './question.ts'
import { retraction, STREAMED } from './respond.ts'

export interface OpenedKept {
  id: string
  /** `undefined`: all events were read. */
  events: ReadableStream<Uint8Array> | undefined
  headers: Record<string, string>
}

/** Has the caller's object make the call, or find the answer that the same request opened before. */
export async function openKept(c: Context, chat: ChatCall): Promise<OpenedKept | ApiError> {
  const { account, limits } = c.var
  const { format, bytes, model, at, kept } = chat
  const key = readIdempotencyKey(c.req.raw)
  if (key instanceof ApiError) return key
  const after = readCursor(c.req.raw)
  if (after instanceof ApiError) return after
  const idempotency = key === undefined ? undefined : { key, hash: await sha256(bytes) }
  const asked = Date.now()
  const opened = await callerOf(c).open({
    format: format.name,
    bytes,
    model,
    at,
    idempotency,
    after,
    promptTokens: chat.tokens.prompt,
    reservation: reservationOf(c, chat),
    limits,
    origin: originOf(c.req.raw.headers),
    inBackground: kept?.inBackground ?? false,
    keep: kept?.items && { input: JSON.stringify(kept.items), expires: asked + c.var.config.responsesKept },
  })
  account.timing.upstream = Date.now() - asked
  if (opened instanceof ApiError) return opened
  const { id, replayed, headers, state, events } = opened
  account.durable = replayed ? 'read' : 'opened'
  return {
    id,
    events,
    headers: {
      ...ownRates(headers, limits && (state ? rateHeaders(state, Date.now()) : {})),
      ...retraction(c.var.config.moderation),
      ...(replayed && { [IDEMPOTENT_REPLAYED]: 'true' }),
    },
  }
}

export function eventStream(
  events: ReadableStream<Uint8Array> | undefined,
  status: 200 | 201 | 204,
  headers: Record<string, string>,
): Response {
  return new Response(events ?? null, {
    status,
    headers: { ...headers, ...(events && { 'content-type': EVENT_STREAM }), ...STREAMED },
  })
}
