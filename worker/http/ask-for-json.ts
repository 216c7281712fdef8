/** Asks upstreams for something else than an answer: their models, or a response that one of them keeps. */
import { ApiError } from '../errors.ts'
import { JSON_TYPE } from '../protocol/wire.ts'
import { askUpstream } from '../upstreams/ask.ts'
import type { Answer } from '../upstreams/attempt.ts'
import { createCall } from '../upstreams/call.ts'
import { type Asked, type Candidate, plan } from '../upstreams/plan.ts'
import type { UpstreamCall } from '../upstreams/upstream.ts'
import type { UpstreamWords } from '../upstreams/words.ts'
import type { Context } from './context.ts'
import { refuse, STREAMED } from './respond.ts'

export interface Asking extends Omit<UpstreamCall, 'body'>, Omit<Asked, 'model'> {
  /** Where the call is about one: then its own upstreams are asked, under their names for it. */
  model?: string
  body?: (candidate: Candidate) => Uint8Array
  /** What may be passed on of the upstream's words; the caller's own, unless it says otherwise. */
  words?: UpstreamWords
  /** How long the whole call may take, in milliseconds. */
  totalMs?: number
}

/** Notes for the log what came of it, but for an error's code. */
export async function askForJson(c: Context, asking: Asking): Promise<Answer | ApiError> {
  const { account, caller, config, upstreams, wordsFor } = c.var
  const { words = wordsFor(caller), totalMs = config.deadlines.total, model = '', route, at } = asking
  const candidates = plan(upstreams, { model, route, at })
  const asked = Date.now()
  const call = createCall(c.req.raw.signal, totalMs)
  const { answer, notes } = await askUpstream({
    candidates,
    rests: upstreams.rests,
    send: (candidate, signal) =>
      candidate.upstream.call({ ...asking, body: asking.body?.(candidate) }, signal),
    stream: undefined,
    call,
    deadlines: config.deadlines,
    words,
    question: candidates[0] && asking.body?.(candidates[0]),
  })
  call.finished()
  Object.assign(account, notes)
  account.timing.upstream = Date.now() - asked
  if ('first' in answer) account.upstream_status = answer.status
  return answer
}

/** Passes the call on, and the upstream's answer back. */
export async function passOn(c: Context, request: Asking): Promise<Response> {
  const answer = await askForJson(c, request)
  if (answer instanceof ApiError) return refuse(c, answer)
  const { status, headers, first } = answer
  c.var.account.ended = Promise.resolve({ end: 'done', bytes: first.byteLength })
  return new Response(first, { status, headers: { ...headers, 'content-type': JSON_TYPE, ...STREAMED } })
}
