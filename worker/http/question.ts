/** A question on its way in: what of it may be asked, and what it may take. */

import type { ChatCall } from '../admission/body.ts'
import { type Rules, rulesFor } from '../admission/policy.ts'
import { type Admission, takeTicket } from '../admission/ticket.ts'
import type { Reservation } from '../budget/ledger.ts'
import { ApiError } from '../errors.ts'
import { MAX_CALL_TOKENS, RESERVATION_GRACE_MS, RESERVED_OUTPUT_TOKENS } from '../limits.ts'
import { counterFor } from '../tokens/packed.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { type Context, callerOf } from './context.ts'

export type BodyGuard = (request: Request, rules: Rules) => Promise<ChatCall | ApiError>

export function readQuestionOf(c: Context, read: BodyGuard): Promise<ChatCall | ApiError> {
  return readThrough(c, (request, rules) => {
    const conversation = (id: string) => callerOf(c).conversation(id)
    return read(request, { ...rules, conversation })
  })
}

/** Reads a body of any kind by the caller's rules, and notes how long that took, and its model. */
export async function readThrough<Call extends Pick<ChatCall, 'model'>>(
  c: Context,
  read: (request: Request, rules: Rules) => Promise<Call | ApiError>,
): Promise<Call | ApiError> {
  const { account, bodyBytes, caller, config, limits } = c.var
  const started = Date.now()
  const rules = rulesFor(caller, config, { counterFor, reserve: limits !== undefined })
  const chat = await read(c.req.raw, { ...rules, bodyBytes })
  account.timing.guard = Date.now() - started
  if (!(chat instanceof ApiError)) account.model = chat.model
  return chat
}

export function reservationOf(
  c: Context,
  { tokens, outputBound }: Pick<ChatCall, 'tokens' | 'outputBound'>,
): Reservation {
  return {
    id: `req_${crypto.randomUUID()}`,
    // Bounds may be any number; what they ask for beyond all budgets is refused as too much, not as absurd.
    prompt: Math.min((tokens.prompt ?? 0) + (tokens.tools ?? 0), MAX_CALL_TOKENS),
    output: Math.min(outputBound ?? RESERVED_OUTPUT_TOKENS, MAX_CALL_TOKENS),
    expiresAt: Date.now() + c.var.config.deadlines.total + RESERVATION_GRACE_MS,
  }
}

/**
 * Takes the ticket of a call whose answer is this request's. A caller that leaves meanwhile gives it back.
 */
export async function admit(c: Context, reservation: Reservation): Promise<Admission | ApiError> {
  const { caller, limits } = c.var
  const taking = takeTicket(callerOf(c), reservation, { caller, limits })
  if (!(taking instanceof Promise)) return taking
  return unlessAborted(taking, c.req.raw.signal).catch((reason) => {
    if (!c.req.raw.signal.aborted) throw reason
    const giveBack = taking.then((late) => (late instanceof ApiError ? undefined : late.ticket.settle(0)))
    c.executionCtx.waitUntil(giveBack.catch(() => {}))
    return new ApiError('caller_left')
  })
}
