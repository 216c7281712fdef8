/** `/v1/chat/completions` and `/chat`: the caller's connection is the call. */
import { exports } from 'cloudflare:workers'
import { countAnswer } from '../accounting/count-answer.ts'
import type { ChatCall } from '../admission/body.ts'
import { ownRates, rateHeaders, withRates } from '../admission/rate-headers.ts'
import type { Flow, Outcome } from '../answer/pipeline.ts'
import { ApiError, mayHaveCost } from '../errors.ts'
import { MAX_COUNTED_HERE_BYTES } from '../limits.ts'
import type { Context } from './context.ts'
import { admit, type BodyGuard, readQuestionOf } from './question.ts'
import { refuse, STREAMED } from './respond.ts'

type ChatFlow = (chat: ChatCall, flow: Flow) => Promise<Outcome>

/**
 * A question: its body through the guard, its ticket taken, its answer through the flow, and then settled.
 */
export async function answer(c: Context, read: BodyGuard, flow: ChatFlow): Promise<Response> {
  const chat = await readQuestionOf(c, read)
  if (chat instanceof ApiError) return refuse(c, chat)
  const asked = ask(c, chat, flow)
  // From here on: a caller that leaves before the first byte must not leave its tokens reserved.
  c.executionCtx.waitUntil(asked)
  const it = await asked
  if (it instanceof ApiError) return refuse(c, it)
  return deliver(c, it.outcome, it.state && rateHeaders(it.state, Date.now()))
}

/** Takes the call's ticket, runs its flow, and sees to it that the ticket is settled. */
async function ask(c: Context, chat: ChatCall, flow: ChatFlow) {
  const admission = await admit(c, chat)
  if (admission instanceof ApiError) return admission
  const { ticket, state } = admission
  // `MAX_OUTPUT_TOKENS` bounds an answer also where no budget does.
  const mostOutput = ticket.outputBound ?? (c.var.config.maxOutputTokens && chat.outputBound)
  const running = run(c, (own) => flow(chat, { ...own, mostOutput }))
  const used = running.then(usedBy).catch(() => undefined)
  c.executionCtx.waitUntil(used.then(ticket.settle))
  return { outcome: await running, state }
}

/** @returns tokens in all; `undefined`: they are to be estimated */
async function usedBy({ delivery, ended }: Outcome): Promise<number | undefined> {
  const tokens = (await ended)?.tokens
  if (tokens !== undefined) return tokens.prompt_tokens + tokens.completion_tokens
  const refused = ended === undefined && delivery instanceof ApiError && !mayHaveCost(delivery.code)
  return refused ? 0 : undefined
}

/** Runs a flow, and notes how it went. */
async function run(c: Context, flow: (it: Flow) => Promise<Outcome>): Promise<Outcome> {
  const { account, caller, config, moderation, upstream, wordsFor } = c.var
  const asked = Date.now()
  const outcome = await flow({
    upstream,
    words: wordsFor(caller),
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
  })
  account.timing.upstream = Date.now() - asked
  account.retries = outcome.retries
  if (outcome.ended !== undefined) account.ended = outcome.ended
  return outcome
}

/**
 * Sends what came of a flow.
 *
 * @param rates the caller's own limits, in place of the upstream's, which are the owner's
 */
async function deliver(c: Context, { delivery }: Outcome, rates?: Record<string, string>): Promise<Response> {
  if (delivery instanceof ApiError) return refuse(c, withRates(delivery, rates))
  const { body, status, headers } = delivery
  c.var.account.upstream_status = status
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
