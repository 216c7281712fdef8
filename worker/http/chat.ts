/** `/v1/chat/completions` and `/chat`: the caller's connection is the call. */
import { exports } from 'cloudflare:workers'
import { countAnswer } from '../accounting/count-answer.ts'
import type { ChatCall } from '../admission/body.ts'
import { ownRates, withRates } from '../admission/rate-headers.ts'
import type { Flow, Outcome } from '../answer/pipeline.ts'
import type { Tokens } from '../answer/usage.ts'
import { ApiError, mayHaveCost } from '../errors.ts'
import { MAX_COUNTED_HERE_BYTES } from '../limits.ts'
import { type Context, callerOf } from './context.ts'
import type { Account } from './log.ts'
import { type BodyGuard, type Reservation, readQuestionOf, reservationOf, reserve } from './question.ts'
import { refuse, STREAMED } from './respond.ts'

type ChatFlow = (chat: ChatCall, flow: Flow) => Promise<Outcome>

/** A question: its body through the guard, its tokens put aside, its answer through the flow. */
export async function answer(c: Context, read: BodyGuard, flow: ChatFlow): Promise<Response> {
  const chat = await readQuestionOf(c, read)
  if (chat instanceof ApiError) return refuse(c, chat)
  const reservation = reservationOf(c, chat)
  const reserved = reserve(c, reservation)
  const answered = reserved.then((rates) => {
    if (rates instanceof ApiError) return refuse(c, rates)
    const { limits } = c.var
    return deliver(
      c,
      (it) => flow(chat, { ...it, mostOutput: limits && reservation.output }),
      limits && rates,
    )
  })
  // From here on, not from the answer's first byte: who leaves before it would leave its tokens put aside, and its place taken.
  c.executionCtx.waitUntil(settle(c, reservation, reserved, answered))
  return answered
}

/** What was used is settled, and the rest of what was put aside is free again. */
async function settle(
  c: Context,
  { id }: Reservation,
  reserved: Promise<unknown>,
  answered: Promise<Response>,
): Promise<void> {
  if ((await reserved) instanceof ApiError) return
  await answered
  const { account, caller, limits } = c.var
  const used = await usedBy(account)
  if (limits !== undefined) await callerOf(c).settle(id, used)
  // Who has no budget has an account all the same.
  else if (caller.startsWith('key:') && used) await callerOf(c).charge(id, used)
}

/** @returns tokens in all; `undefined` where they are to be estimated */
async function usedBy({ ended, code }: Account): Promise<number | undefined> {
  if (ended !== undefined) return sum((await ended).tokens)
  return code !== undefined && mayHaveCost(code) ? undefined : 0
}

const sum = (tokens: Tokens | undefined) => tokens && tokens.prompt_tokens + tokens.completion_tokens

/**
 * Runs a flow, and sends what comes of it.
 *
 * @param rates the caller's own limits, in place of the upstream's, which are the owner's
 */
async function deliver(
  c: Context,
  flow: (it: Flow) => Promise<Outcome>,
  rates?: Record<string, string>,
): Promise<Response> {
  const { account, config, moderation, upstream } = c.var
  const asked = Date.now()
  const it: Flow = {
    upstream,
    moderation,
    deadlines: config.deadlines,
    clientGone: c.req.raw.signal,
    count({ bytes, model, question, tokens: { prompt: promptTokens } }, answer, stream) {
      // A call to another invocation costs more than counting a short answer.
      const isShort = answer instanceof Uint8Array && answer.byteLength <= MAX_COUNTED_HERE_BYTES
      return isShort
        ? countAnswer({ model, question: () => question, promptTokens }, answer, stream)
        : exports.Meter.count({ bytes, model, promptTokens }, answer, stream)
    },
  }
  const { delivery, ended, retries } = await flow(it)
  account.timing.upstream = Date.now() - asked
  account.retries = retries
  if (ended !== undefined) account.ended = ended
  if (delivery instanceof ApiError) return refuse(c, withRates(delivery, rates))
  const { body, status, headers } = delivery
  account.upstream_status = status
  return new Response(body, {
    status,
    headers: {
      ...ownRates(headers, rates),
      ...STREAMED,
      // A compressor gathers before it sends: said to be as it is, a stream flows at once.
      ...(c.req.path === '/chat' && { 'content-encoding': 'identity' }),
    },
  })
}
