/**
 * What a deployment costs: measured work times list prices. Pure, so that anyone can recompute it.
 *
 * A line goes through the measured lengths, since an answer's work is a start and an end, and a share for
 * each token.
 */
import type { Kind, Measured, Work } from './measured.ts'
import { type ModelName, PRICES } from './prices.ts'

/** What a model needs until its first token, and its tokens a second after it. */
const MODEL_PACE = { firstTokenS: 0.8, tokensPerSecond: 90 }
/** How long an object is held by a short call, such as a reservation. */
const SHORT_CALL_S = 0.01
const DAYS = 30

/** The work of one answer of any length. */
export function workOf({ answers }: Measured, kind: Kind, tokens: number): Work {
  const own = answers.filter((answer) => answer.kind === kind)
  const at = (of: (work: Work) => number) =>
    onLine(
      own.map(({ tokens, work }) => ({ tokens, figure: of(work) })),
      tokens,
    )
  return {
    jsMs: at(({ jsMs }) => jsMs),
    processMs: at(({ processMs }) => processMs),
    objectRequests: at(({ objectRequests }) => objectRequests),
    rows: at(({ rows }) => rows),
  }
}

/** The figure for `tokens`, on the line between the measured lengths next to it. */
function onLine(measured: readonly { tokens: number; figure: number }[], tokens: number): number {
  const points = measured.toSorted((a, b) => a.tokens - b.tokens)
  const above = points.findIndex((point) => point.tokens >= tokens)
  const at = above === -1 ? points.length - 1 : Math.max(1, above)
  const [short, long] = [points[at - 1], points[at]]
  if (short === undefined || long === undefined) throw new RangeError('Two lengths have to be measured.')
  const share = (tokens - short.tokens) / (long.tokens - short.tokens)
  return Math.max(0, short.figure + share * (long.figure - short.figure))
}

/** Amounts of what Cloudflare bills for. */
export interface Amounts {
  requests: number
  cpuMs: number
  objectRequests: number
  gbSeconds: number
  rowsWritten: number
  dataPoints: number
}

/** @param seconds for which an object is held */
function amountsOf({ jsMs, objectRequests, rows }: Work, seconds: number, points: number): Amounts {
  return {
    requests: 1,
    cpuMs: jsMs,
    objectRequests,
    gbSeconds: seconds * PRICES.objectGb,
    rowsWritten: rows,
    dataPoints: points,
  }
}

/** One answer. A durable one holds its object for as long as the model writes. */
export function answerAmounts(measured: Measured, kind: Kind, tokens: number): Amounts {
  const work = workOf(measured, kind, tokens)
  const { firstTokenS, tokensPerSecond } = MODEL_PACE
  const seconds =
    kind === 'durable' ? firstTokenS + tokens / tokensPerSecond : work.objectRequests * SHORT_CALL_S
  return amountsOf(work, seconds, 1)
}

/** A visitor's day: a session, and answers that are kept. The page and the widget are assets, which are free. */
function visitorAmounts(measured: Measured, answers: number, tokens: number): Amounts {
  const { session } = measured
  const first = amountsOf(session, session.objectRequests * SHORT_CALL_S, 0)
  return sum([first, scaled(answerAmounts(measured, 'durable', tokens), answers)])
}

export const scaled = (amounts: Amounts, by: number): Amounts => mapped(amounts, (_, amount) => amount * by)

const sum = (all: Amounts[]): Amounts =>
  all.reduce((total, amounts) => mapped(total, (name, amount) => amount + amounts[name]))

function mapped(amounts: Amounts, change: (name: keyof Amounts, amount: number) => number): Amounts {
  const entries = Object.entries(amounts) as [keyof Amounts, number][]
  return Object.fromEntries(
    entries.map(([name, amount]) => [name, change(name, amount)]),
  ) as unknown as Amounts
}

/** Dollars for these amounts at list prices, as if nothing were included in the plan. */
export function listPrice(amounts: Amounts): number {
  const { cloudflare } = PRICES
  const names = Object.keys(amounts) as (keyof Amounts)[]
  return names.reduce((total, name) => total + (amounts[name] * cloudflare[name].perMillion) / 1e6, 0)
}

/** Dollars of a month on the paid plan, with what it includes. */
export function monthOnPaidPlan(amounts: Amounts): number {
  const { cloudflare } = PRICES
  const names = Object.keys(amounts) as (keyof Amounts)[]
  const beyond = names.reduce((total, name) => {
    const { perMillion, included } = cloudflare[name]
    return total + (Math.max(0, amounts[name] - included) * perMillion) / 1e6
  }, 0)
  return cloudflare.paidPlan + beyond
}

/** How often these amounts fit into a day of the free plan, and which of its limits is met first. */
export function timesADayForFree(amounts: Amounts): { times: number; limit: string } {
  const { cloudflare } = PRICES
  const limits = Object.entries(cloudflare).flatMap(([name, price]) =>
    typeof price === 'object' && 'freeADay' in price && amounts[name as keyof Amounts] > 0
      ? [{ limit: name, times: Math.floor(price.freeADay / amounts[name as keyof Amounts]) }]
      : [],
  )
  return limits.reduce((least, each) => (each.times < least.times ? each : least))
}

/** The longest answer whose CPU time fits into one request of the free plan, in tokens. */
export function longestForFree(measured: Measured, kind: Kind): number {
  let [fits, tooLong] = [0, 1e6]
  while (tooLong - fits > 10) {
    const tokens = (fits + tooLong) / 2
    if (workOf(measured, kind, tokens).jsMs <= PRICES.freeCpuMs) fits = tokens
    else tooLong = tokens
  }
  return Math.floor(fits / 10) * 10
}

/** Small VMs with Portkey that these answers of a month need, if they came evenly and used half of each VM. */
export function vmsFor(measured: Measured, tokens: number, answersAMonth: number): number {
  const points = measured.portkey.map(({ tokens, processMs }) => ({ tokens, figure: processMs }))
  const cpuS = (onLine(points, tokens) / 1000) * answersAMonth
  return Math.max(1, Math.ceil(cpuS / (DAYS * 86_400 * PRICES.vm.cores * 0.5)))
}

/** What the model itself costs. */
export function modelPrice(model: ModelName, promptTokens: number, tokens: number): number {
  const { prompt, completion } = PRICES.models[model]
  return (promptTokens * prompt + tokens * completion) / 1e6
}

export interface Deployment {
  /** A day. */
  visitors: number
  answers: number
  tokens: number
  promptTokens: number
  model: ModelName
}

export interface Bill {
  amounts: Amounts
  millrace: number
  model: number
  free: { visitors: number; limit: string }
}

/** A month of a deployment. */
export function monthOf(
  measured: Measured,
  { visitors, answers, tokens, promptTokens, model }: Deployment,
): Bill {
  const visitor = visitorAmounts(measured, answers, tokens)
  const amounts = scaled(visitor, visitors * DAYS)
  const { times, limit } = timesADayForFree(visitor)
  return {
    amounts,
    millrace: monthOnPaidPlan(amounts),
    model: modelPrice(model, promptTokens, tokens) * answers * visitors * DAYS,
    free: { visitors: times, limit },
  }
}
