/** Calls whose answer is relayed: the caller's connection is the call. */
import { exports } from 'cloudflare:workers'
import { type CallAccount, chargeOf } from '../accounting/charge.ts'
import { countAnswer } from '../accounting/count-answer.ts'
import type { ChatCall } from '../admission/body.ts'
import { ownRates, rateHeaders, withRates } from '../admission/rate-headers.ts'
import { endOf } from '../answer/end.ts'
import type { Flow, Outcome } from '../answer/pipeline.ts'
import { ApiError } from '../errors.ts'
import { MAX_COUNTED_HERE_BYTES, SETTLED_AFTER_LEAVING_MS, SETTLED_AFTER_TOTAL_MS } from '../limits.ts'
import { EVENT_STREAM } from '../protocol/wire.ts'
import { isVisitor } from './caller.ts'
import { type Context, callerOf } from './context.ts'
import { admit, type BodyGuard, readQuestionOf, reservationOf } from './question.ts'
import { refuse, retraction, STREAMED } from './respond.ts'

/** What is put aside for a call that may go to the upstream. */
type Admitted = Pick<ChatCall, 'tokens' | 'outputBound'>
type FlowOf<Call> = (call: Call, flow: Flow) => Promise<Outcome>

/**
 * A question: its body through the guard, its ticket taken, its answer through the flow, and then settled.
 */
export async function answer(c: Context, read: BodyGuard, flow: FlowOf<ChatCall>): Promise<Response> {
  const chat = await readQuestionOf(c, read)
  return chat instanceof ApiError ? refuse(c, chat) : answerCall(c, chat, flow)
}

/** Answers a question that was read. */
export async function answerCall<Call extends Admitted>(
  c: Context,
  chat: Call,
  flow: FlowOf<Call>,
): Promise<Response> {
  const asked = ask(c, chat, flow)
  // From here on: a caller that leaves before the first byte must not leave its tokens reserved.
  c.executionCtx.waitUntil(asked)
  const it = await asked
  if (it instanceof ApiError) return refuse(c, it)
  return deliver(c, it.outcome, it.state && rateHeaders(it.state, Date.now()))
}

/** Takes the call's ticket, runs its flow, and sees to it that the ticket is settled once, and in time. */
async function ask<Call extends Admitted>(c: Context, chat: Call, flow: FlowOf<Call>) {
  const { account, config } = c.var
  const reservation = reservationOf(c, chat)
  const admission = await admit(c, reservation)
  if (admission instanceof ApiError) return admission
  const { ticket, state } = admission
  const asked = Date.now()
  const terms = { output: reservation.output, unseenPerSecond: config.unseenPerSecond }
  // `MAX_OUTPUT_TOKENS` bounds an answer also where no budget does.
  const mostOutput = ticket.outputBound ?? (config.maxOutputTokens && chat.outputBound)
  const deadline = settlementDeadline(c.req.raw.signal, config.deadlines.total)
  // Of a flow that failed or is overdue nothing is known but how long it has run.
  const unknown = (reason: unknown): CallAccount => ({
    end: endOf(reason).state,
    charged: chargeOf(
      { lost: [Date.now() - asked] },
      { ...terms, promptTokens: () => chat.tokens.prompt ?? reservation.prompt },
    ),
  })
  const overdue = deadline.passed.then((): Outcome => {
    const delivery = new ApiError('caller_left')
    return { delivery, ended: Promise.resolve(unknown(delivery)) }
  })
  const running = Promise.race([flow(chat, { ...flowOf(c), mostOutput, terms }), overdue])
  const ended = running
    .then((outcome) => Promise.race([outcome.ended, overdue.then(({ ended }) => ended)]))
    .catch(unknown)
    .finally(deadline.clear)
  account.ended = ended
  c.executionCtx.waitUntil(ended.then(({ charged = 0 }) => ticket.settle(charged)))
  const outcome = await running
  account.timing.upstream = Date.now() - asked
  Object.assign(account, outcome.notes)
  return { outcome, state }
}

interface Deadline {
  passed: Promise<void>
  clear(): void
}

/** By when a call is settled and logged, whatever it waits for: its reader, or a count. */
function settlementDeadline(clientGone: AbortSignal, totalMs: number): Deadline {
  const { promise: passed, resolve } = Promise.withResolvers<void>()
  const timers = [setTimeout(resolve, totalMs + SETTLED_AFTER_TOTAL_MS)]
  const left = () => void timers.push(setTimeout(resolve, SETTLED_AFTER_LEAVING_MS))
  if (clientGone.aborted) left()
  clientGone.addEventListener('abort', left)
  return {
    passed,
    clear() {
      clientGone.removeEventListener('abort', left)
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

function flowOf(c: Context): Omit<Flow, 'terms'> {
  const { caller, config, moderation, upstreams, wordsFor } = c.var
  return {
    upstreams,
    words: wordsFor(caller),
    moderation,
    strips: isVisitor(caller),
    deadlines: config.deadlines,
    clientGone: c.req.raw.signal,
    onId(id, upstream) {
      const kept = callerOf(c).ownResponse(id, Date.now() + config.responsesKept, upstream)
      c.executionCtx.waitUntil(kept)
    },
    count({ format, bytes, model, question, tokens: { prompt: promptTokens } }, answer, stream) {
      // A call to another invocation costs more than counting a short answer.
      const isShort = answer instanceof Uint8Array && answer.byteLength <= MAX_COUNTED_HERE_BYTES
      return isShort
        ? countAnswer(
            { format: format.answers, model, question: () => question, promptTokens },
            answer,
            stream,
          )
        : exports.Meter.count({ format: format.name, bytes, model, promptTokens }, answer, stream)
    },
  }
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
      ...(headers['content-type'] === EVENT_STREAM && retraction(c.var.config.moderation)),
      // A compressor gathers before it sends: said to be as it is, a stream flows at once.
      ...(c.req.path === '/chat' && { 'content-encoding': 'identity' }),
    },
  })
}
