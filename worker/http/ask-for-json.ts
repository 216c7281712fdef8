/** Asks the upstream for something else than an answer: its models, or a response that it keeps. */
import { ApiError } from '../errors.ts'
import { JSON_TYPE } from '../protocol/wire.ts'
import { type Answer, askUpstream, createCall } from '../upstreams/call.ts'
import type { UpstreamCall } from '../upstreams/upstream.ts'
import type { UpstreamWords } from '../upstreams/words.ts'
import type { Context } from './context.ts'
import { refuse, STREAMED } from './respond.ts'

interface Asking extends UpstreamCall {
  /** What may be passed on of the upstream's words; the caller's own, unless it says otherwise. */
  words?: UpstreamWords
  /** How long the whole call may take, in milliseconds. */
  totalMs?: number
}

/** Notes for the log what came of it, but for an error's code. */
export async function askForJson(c: Context, asking: Asking): Promise<Answer | ApiError> {
  const { account, caller, config, upstream, wordsFor } = c.var
  const { words = wordsFor(caller), totalMs = config.deadlines.total, ...request } = asking
  const asked = Date.now()
  const call = createCall(c.req.raw.signal, totalMs)
  const { answer, retries } = await askUpstream({
    host: upstream.host,
    send: (signal) => upstream.call(request, signal),
    stream: false,
    call,
    deadlines: config.deadlines,
    words,
    ...(request.body && { question: request.body }),
  })
  call.finished()
  account.retries = retries
  account.timing.upstream = Date.now() - asked
  if ('first' in answer) account.upstream_status = answer.status
  return answer
}

/** Passes the call on, and the upstream's answer back. */
export async function passOn(c: Context, request: UpstreamCall): Promise<Response> {
  const answer = await askForJson(c, request)
  if (answer instanceof ApiError) return refuse(c, answer)
  const { status, headers, first } = answer
  c.var.account.ended = Promise.resolve({ end: 'done', bytes: first.byteLength })
  return new Response(first, { status, headers: { ...headers, 'content-type': JSON_TYPE, ...STREAMED } })
}
