/** What a call may be charged, by what its upstream billed or by the rules of docs/PROTOCOL.md, "What it may cost". */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { Usage } from '../../worker/protocol/wire.ts'
import { type Outcome, questionText } from './call.ts'
import { eventsIn, wordsOf } from './events.ts'
import { type Sent, TIMEOUTS } from './judge.ts'
import type { DisruptionKind, PlannedCall } from './plan.ts'
import { WAYS, type Way } from './upstreams.ts'

/** Tokens, both ends included. */
export interface Bill {
  least: number
  most: number
}

/** What is charged a second where nothing tells what the upstream made: Millrace's default. */
const UNSEEN_PER_SECOND = 100
/** By how much a count of text may be off. */
const OFF = 2
/** The upstream's own count of a prompt, which is none of Millrace's business. */
const BILLED_PROMPT = 40

const tokensOf = (text: string): number => countTokens(text)

/** OpenAI's formula for one message of the role `user`. */
const promptTokensOf = (call: PlannedCall) => 3 + 1 + tokensOf(questionText(call)) + 3

/** What the upstream says that the call has cost. */
export function usageOf({ words, hiddenTokens }: PlannedCall): Usage {
  const completion_tokens = tokensOf(words.join('')) + hiddenTokens
  return {
    prompt_tokens: BILLED_PROMPT,
    completion_tokens,
    total_tokens: BILLED_PROMPT + completion_tokens,
  }
}

/** The longest that a call is settled after its caller has left, and some time to do it. */
export const SETTLED_MS = 13_000

/**
 * The longest that the upstream can have been at work.
 *
 * @param loggedMs how long the call took, by the Worker's clock
 * @param jumped whether that clock has jumped
 */
export function secondsOf(
  { askedAt, endedAt }: Outcome,
  loggedMs: number | undefined,
  jumped: boolean,
): number {
  const longest = endedAt - askedAt + SETTLED_MS
  return (jumped ? longest : (loggedMs ?? longest)) / 1000
}

/**
 * @param end as judged
 * @param seconds the longest that the upstream can have been at work
 * @param isLate whether the machine was late meanwhile
 */
export function billOf(
  { call, seen, isKept, events }: Outcome,
  { attempts, body }: Sent,
  {
    end,
    hit,
    seconds,
    isLate,
  }: { end: string; hit: ReadonlySet<DisruptionKind>; seconds: number; isLate: boolean },
): Bill {
  const prompt = promptTokensOf(call)
  if (attempts === 0) {
    // The call was sent, and given up before the upstream had time to take it.
    if (isLate) return { least: 0, most: prompt + OFF + Math.ceil(seconds * UNSEEN_PER_SECOND) }
    // The object may have reserved it, and been killed before the call was made.
    return { least: 0, most: hit.size > 0 ? prompt + OFF : 0 }
  }
  const way: Way = WAYS[call.way]
  const billed = usageOf(call).total_tokens
  const isTold = body.includes(`"total_tokens":${billed}`)
  const text = tokensOf(textOf(body))
  const isClear = hit.size === 0 && call.far === undefined
  if (isClear && end === 'whole' && way.bills === 'usage') {
    return isTold
      ? { least: billed, most: billed }
      : { least: prompt + text - OFF, most: prompt + text + OFF }
  }
  // Of a call that a deadline ended first the upstream's refusal is not known.
  const isKnown = end !== 'left' && end !== 'broken' && !TIMEOUTS.includes(end)
  if (isClear && way.bills === 'nothing' && isKnown) return { least: 0, most: 0 }
  // Where the upstream's count contradicts the text, the most of both counts.
  const most =
    attempts * (prompt + OFF) +
    Math.max(billed, BILLED_PROMPT + text + OFF) +
    Math.ceil(seconds * UNSEEN_PER_SECOND)
  const got = tokensOf(isKept ? events.map(wordsOf).join('') : textOf(seen.body.toString()))
  // A count that a killed object or Worker had not noted is lost. So is that of a day that is over.
  return { least: hit.size === 0 && got > OFF ? prompt + got - 2 * OFF : 0, most }
}

/** The words of an answer, streamed or not. */
const textOf = (body: string): string => eventsIn(body).map(wordsOf).join('')
