/**
 * OpenAI's moderation API, or any server that speaks its wire format, as a judge. Without a verdict in time
 * it says `unavailable`; a garbled verdict doesn't count.
 */
import { readAtMost } from '../bytes.ts'
import { ApiError } from '../errors.ts'
import {
  JUDGED_OVERLAP_CHARS,
  MAX_ERROR_BODY_BYTES,
  MAX_JUDGED_CHARS,
  MAX_JUDGED_INPUTS,
  MAX_VERDICT_BYTES,
  MODERATION_RETRY_BUDGET,
  type RetryBudget,
} from '../limits.ts'
import type { Judge, JudgeOptions, Verdict } from '../moderation/judge.ts'
import { isRecord, parseJson } from '../protocol/json.ts'
import { retryAfter } from '../protocol/retry-after.ts'
import { sleep } from '../sleep.ts'
import type { Host } from './hosts/host.ts'
import { createSharedBackoff } from './shared-backoff.ts'
import type { TakeTurn } from './turns.ts'

export interface ModerationApi {
  /** Of the endpoint itself: `https://api.openai.com/v1/moderations`. */
  url: string
  /** `undefined`: the server needs no key, or must not get the upstream's. */
  apiKey: string | undefined
  /** The header that carries the key, and what stands before the key in it. */
  keyHeader: Host['keyHeader']
  model: string
}

/**
 * Create one for all calls: they share its backoff.
 * @param takeTurn what each call waits for, if the runtime bounds them
 */
export function moderations(
  api: ModerationApi,
  budget: RetryBudget = MODERATION_RETRY_BUDGET,
  takeTurn?: TakeTurn,
): Judge {
  const backoff = createSharedBackoff(budget)

  async function judge(inputs: readonly string[], until: number, options: JudgeOptions): Promise<Verdict> {
    for (let why = 'it failed before'; ; ) {
      if (options.signal.aborted) return unavailable('nobody waits for it')
      const now = Date.now()
      const wait = backoff.wait(now)
      // Waiting is useless if it leaves no time for an attempt.
      if (now + wait >= until || (wait > 0 && !options.mayRetry)) return unavailable(why)
      if (wait > 0) {
        await sleep(wait, options.signal)
        continue
      }
      const turn = await takeTurn?.(AbortSignal.any([options.signal, AbortSignal.timeout(until - now)]))
      if (turn instanceof ApiError) return unavailable('too many calls wait')
      const left = Math.max(until - Date.now(), 1)
      const answer = await attempt(api, inputs, Math.min(budget.attempt, left), options.signal, turn)
      if (!(answer instanceof Failure)) {
        backoff.succeeded(now)
        return answer
      }
      why = answer.why
      if (answer.isFinal || options.signal.aborted) return unavailable(why)
      backoff.failed(now, Date.now(), answer.after)
    }
  }

  return async (texts, options) => {
    const until = Date.now() + budget.verdict
    const inputs = texts.flatMap((text) => [...slices(text)])
    for (let at = 0; at < inputs.length; at += MAX_JUDGED_INPUTS) {
      const verdict = await judge(inputs.slice(at, at + MAX_JUDGED_INPUTS), until, options)
      if (verdict.kind !== 'passed') return verdict
    }
    return { kind: 'passed' }
  }
}

const unavailable = (why: string): Verdict => ({ kind: 'unavailable', why })

/** A long text as inputs that overlap. */
function* slices(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += MAX_JUDGED_CHARS - JUDGED_OVERLAP_CHARS) {
    // A cut can go through a character, and half a character is no valid text.
    yield text.slice(at, at + MAX_JUDGED_CHARS).toWellFormed()
    if (at + MAX_JUDGED_CHARS >= text.length) return
  }
}

/** An attempt without a verdict. */
class Failure {
  /** For the log: no words of the service's. */
  readonly why: string
  /** Whether another attempt can't help. */
  readonly isFinal: boolean
  /** How long the service asks to be left alone, in milliseconds. */
  readonly after: number | undefined
  constructor(
    why: string,
    { isFinal = false, after }: { isFinal?: boolean; after?: number | undefined } = {},
  ) {
    this.why = why
    this.isFinal = isFinal
    this.after = after
  }
}

async function attempt(
  { url, apiKey, keyHeader: [header, before], model }: ModerationApi,
  inputs: readonly string[],
  ms: number,
  signal: AbortSignal,
  hasHeaders = () => {},
): Promise<Verdict | Failure> {
  const timeout = AbortSignal.timeout(ms)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...(apiKey !== undefined && { [header]: before + apiKey }),
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'millrace',
      },
      // A single text is not sent as a list: some servers that speak this format take no lists.
      body: JSON.stringify({ model, input: inputs.length === 1 ? inputs[0] : inputs }),
      signal: AbortSignal.any([signal, timeout]),
      // A redirect is not followed: it would carry the key and the texts to any host that it names.
      redirect: 'manual',
    }).finally(hasHeaders)
    if (!response.ok) return await readFailure(response)
    return readVerdict(await readJson(response, MAX_VERDICT_BYTES), inputs.length)
  } catch {
    return new Failure(timeout.aborted ? 'timeout' : 'unreachable')
  }
}

async function readFailure(response: Response): Promise<Failure> {
  const { status, headers } = response
  const body = await readJson(response, MAX_ERROR_BODY_BYTES).catch(() => undefined)
  const spent = isRecord(body) && isRecord(body.error) && body.error.code === 'insufficient_quota'
  const passes = status === 429 || status === 408 || status >= 500
  return new Failure(`status ${status}`, {
    isFinal: !passes || spent || headers.get('x-should-retry') === 'false',
    after: retryAfter(headers, Date.now()),
  })
}

/** @returns `undefined` where it is no JSON; rejects where it breaks off or is too long */
async function readJson(response: Response, limit: number): Promise<unknown> {
  return parseJson(new TextDecoder().decode(await readAtMost(response.body, limit)))
}

function readVerdict(body: unknown, inputs: number): Verdict | Failure {
  const results: unknown[] = isRecord(body) && Array.isArray(body.results) ? body.results : []
  const flagged = results.filter(isRecord).filter((result) => result.flagged === true)
  if (flagged.length > 0) {
    const categories = flagged.flatMap((result) =>
      Object.entries(isRecord(result.categories) ? result.categories : {})
        .filter(([, value]) => value === true)
        .map(([name]) => name),
    )
    return { kind: 'flagged', categories: [...new Set(categories)] }
  }
  // A pass counts only if each text has a plain verdict.
  const passed = results.filter((result) => isRecord(result) && result.flagged === false)
  if (results.length < inputs || passed.length < results.length) return new Failure('no verdict')
  return { kind: 'passed' }
}
