/**
 * `/v1/responses`, OpenAI's Responses API. A relayed response is kept by the upstream, in the owner's
 * account; an answer in the background, and a visitor's, is kept in the caller's object. On every route an id
 * answers only to the caller who got it.
 */
import { readResponseRequest } from '../admission/body.ts'
import { readSequenceNumber } from '../admission/stream.ts'
import { relay } from '../answer/pipeline.ts'
import { ApiError } from '../errors.ts'
import { inputTokensRequest } from '../formats/responses/request.ts'
import { isResponseId } from '../formats/responses/response-id.ts'
import { toBytes } from '../protocol/encode.ts'
import { STREAM_ID } from '../protocol/wire.ts'
import { type Asking, passOn } from './ask-for-json.ts'
import { answerCall } from './chat.ts'
import { type Context, callerOf } from './context.ts'
import { eventStream, openKept } from './kept.ts'
import { readQuestionOf } from './question.ts'
import { refuse, retraction, STREAMED } from './respond.ts'

/** `POST /v1/responses` */
export async function createResponse(c: Context): Promise<Response> {
  const chat = await readQuestionOf(c, readResponseRequest)
  if (chat instanceof ApiError) return refuse(c, chat)
  const { kept } = chat
  if (kept === undefined) return answerCall(c, chat, relay)
  const opened = await openKept(c, chat)
  if (opened instanceof ApiError) return refuse(c, opened)
  const { id, events, headers } = opened
  if (kept.isStreamed) return eventStream(events, 200, { ...headers, [STREAM_ID]: id })
  await events?.cancel()
  const read = await callerOf(c).readResponse(id)
  return read instanceof ApiError ? refuse(c, read) : c.json(read.response, 200, { ...headers, ...STREAMED })
}

/** `GET /v1/responses/{id}`: its newest state; with `?stream=true` its events, after `starting_after`. */
export function readResponse(c: Context): Promise<Response> {
  const isStreamed = c.req.query('stream') === 'true'
  return atPlace(c, {
    async upstream(id, at) {
      if (isStreamed) return refuse(c, notStreamedAgain())
      return passOn(c, { method: 'GET', ...at, path: `/responses/${id}${new URL(c.req.url).search}` })
    },
    async here(id) {
      if (isStreamed) return followResponse(c, id)
      const read = await callerOf(c).readResponse(id)
      return read instanceof ApiError ? refuse(c, read) : c.json(read.response, 200, STREAMED)
    },
  })
}

function notStreamedAgain(): ApiError {
  const message = 'Only an answer in the background can be streamed again: ask with `background: true`.'
  return new ApiError('invalid_parameter', { message, param: 'stream' })
}

async function followResponse(c: Context, id: string): Promise<Response> {
  const after = readSequenceNumber(c.req.raw)
  if (after instanceof ApiError) return refuse(c, after)
  const followed = await callerOf(c).follow(id, after)
  if (followed instanceof ApiError) {
    const isBeyond = followed.code === 'invalid_cursor'
    return refuse(c, isBeyond ? new ApiError('invalid_cursor', { param: 'starting_after' }) : followed)
  }
  c.var.account.durable = 'read'
  // A client of this API takes a status without a body for an error: nothing more to read is an empty stream.
  return eventStream(followed.events ?? new Blob([]).stream(), 200, {
    ...retraction(c.var.config.moderation),
    [STREAM_ID]: id,
  })
}

/** `GET /v1/responses/{id}/input_items` */
export function inputItems(c: Context): Promise<Response> {
  return atPlace(c, {
    upstream: (id, at) =>
      passOn(c, { method: 'GET', ...at, path: `/responses/${id}/input_items${new URL(c.req.url).search}` }),
    async here(id) {
      const read = await callerOf(c).readResponse(id)
      if (read instanceof ApiError) return refuse(c, read)
      const data = read.input.map((item, index) => ({ id: `${id}_${index}`, ...(item as object) }))
      const [first, last] = [data.at(0)?.id ?? null, data.at(-1)?.id ?? null]
      return c.json({ object: 'list', data, first_id: first, last_id: last, has_more: false }, 200, STREAMED)
    },
  })
}

/** `POST /v1/responses/{id}/cancel` */
export function cancelResponse(c: Context): Promise<Response> {
  return atPlace(c, {
    upstream: (id, at) => passOn(c, { method: 'POST', ...at, path: `/responses/${id}/cancel` }),
    async here(id) {
      const cancelled = await callerOf(c).cancelResponse(id)
      return cancelled instanceof ApiError ? refuse(c, cancelled) : c.json(cancelled.response, 200, STREAMED)
    },
  })
}

/** `DELETE /v1/responses/{id}` */
export function deleteResponse(c: Context): Promise<Response> {
  return atPlace(c, {
    async upstream(id, at) {
      const answer = await passOn(c, { method: 'DELETE', ...at, path: `/responses/${id}` })
      if (answer.ok) c.executionCtx.waitUntil(callerOf(c).forgetResponse(id))
      return answer
    },
    async here(id) {
      const forgotten = await callerOf(c).forgetResponse(id)
      if (forgotten instanceof ApiError) return refuse(c, forgotten)
      return c.json({ id, object: 'response', deleted: true })
    },
  })
}

/** `POST /v1/responses/input_tokens`: the upstream's own count. It costs nothing, so nothing is put aside. */
export async function countInputTokens(c: Context): Promise<Response> {
  const chat = await readQuestionOf(c, (request, rules) =>
    readResponseRequest(request, { ...rules, maxOutputTokens: undefined, reserve: false }),
  )
  if (chat instanceof ApiError) return refuse(c, chat)
  const { model, at } = chat
  const asked = inputTokensRequest(chat.question)
  return passOn(c, {
    method: 'POST',
    path: '/responses/input_tokens',
    route: 'responses',
    model,
    at,
    body: ({ model }) => toBytes(JSON.stringify({ ...asked, model })),
  })
}

interface At {
  upstream(id: string, at: Pick<Asking, 'route' | 'at'>): Promise<Response>
  here(id: string): Promise<Response>
}

/** Finds the response in the caller's object. What isn't there is not told from what never was. */
async function atPlace(c: Context, at: At): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const place = isResponseId(id) ? await callerOf(c).placeOfResponse(id) : undefined
  if (place instanceof ApiError) return refuse(c, place)
  if (place === undefined) return refuse(c, new ApiError('response_not_found', { param: 'id' }))
  // A response is asked for at the upstream that has it: or at the first, if it had no name when it was made.
  const { upstream = c.var.upstreams.all.find(({ kind }) => kind.routes.includes('responses'))?.name } =
    place === 'here' ? {} : place
  return place === 'here' ? at.here(id) : at.upstream(id, { route: 'responses', at: upstream })
}
