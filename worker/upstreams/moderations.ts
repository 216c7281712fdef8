/**
 * OpenAI's moderation API, or any server that speaks its wire format, as a judge. A verdict it doesn't get within its patience is
 * `unavailable`; a garbled one is none.
 */
import { readAtMost } from '../bytes.ts'
import {
  JUDGED_OVERLAP_CHARS,
  MAX_ERROR_BODY_BYTES,
  MAX_JUDGED_CHARS,
  MAX_JUDGED_INPUTS,
  MAX_VERDICT_BYTES,
  MODERATION_PATIENCE,
  type ModerationPatience,
} from '../limits.ts'
import type { Judge, Patience, Verdict } from '../moderation/judge.ts'
import { isRecord } from '../protocol/json.ts'
import { sleep } from './call.ts'
import { passedHeaders } from './headers.ts'
import { createPace } from './pace.ts'
import { retryAfter } from './retry.ts'

export interface ModerationApi {
  /** Of the endpoint itself: `https://api.openai.com/v1/moderations`. */
  url: string
  /** `undefined`: it needs none, or is not to have it. */
  apiKey: string | undefined
  model: string
}

/** Create one for all calls: it leaves a service that fails alone for a while, whoever asks. */
export function moderations(api: ModerationApi, patience: ModerationPatience = MODERATION_PATIENCE): Judge {
  const pace = createPace(patience)

  async function judge(inputs: readonly string[], until: number, how: Patience): Promise<Verdict> {
    for (let why = 'it failed before'; ; ) {
      if (how.signal.aborted) return unavailable('nobody waits for it')
      const now = Date.now()
      const wait = pace.wait(now)
      // A wait that leaves no time for an attempt is not begun.
      if (now + wait >= until || (wait > 0 && !how.patient)) return unavailable(why)
      if (wait > 0) {
        await sleep(wait, how.signal)
        continue
      }
      const answer = await attempt(api, inputs, Math.min(patience.attempt, until - now), how.signal)
      if (!(answer instanceof Failure)) {
        pace.succeeded(now)
        return answer
      }
      why = answer.why
      if (answer.isFinal || how.signal.aborted) return unavailable(why)
      pace.failed(now, Date.now(), answer.after)
    }
  }

  return async (texts, how) => {
    const until = Date.now() + patience.verdict
    const inputs = texts.flatMap((text) => [...slices(text)])
    for (let at = 0; at < inputs.length; at += MAX_JUDGED_INPUTS) {
      const verdict = await judge(inputs.slice(at, at + MAX_JUDGED_INPUTS), until, how)
      if (verdict.kind !== 'passed') return verdict
    }
    return { kind: 'passed' }
  }
}

const unavailable = (why: string): Verdict => ({ kind: 'unavailable', why })

/** A long text as inputs that overlap. */
function* slices(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += MAX_JUDGED_CHARS - JUDGED_OVERLAP_CHARS) {
    // Half a character at a cut would be no valid text.
    yield text.slice(at, at + MAX_JUDGED_CHARS).toWellFormed()
    if (at + MAX_JUDGED_CHARS >= text.length) return
  }
}

/** An attempt that came to no verdict. */
class Failure {
  /** For the log: no words of the service's. */
  readonly why: string
  /** Whether another attempt can't mend it. */
  readonly isFinal: boolean
  /** Milliseconds that the service asks to be left alone for. */
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
  { url, apiKey, model }: ModerationApi,
  inputs: readonly string[],
  ms: number,
  signal: AbortSignal,
): Promise<Verdict | Failure> {
  const timeout = AbortSignal.timeout(Math.max(ms, 1))
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'millrace',
      },
      // One text as itself: not every server that speaks this format takes lists.
      body: JSON.stringify({ model, input: inputs.length === 1 ? inputs[0] : inputs }),
      signal: AbortSignal.any([signal, timeout]),
      // A redirect would carry the key, and what is judged, to whoever it names.
      redirect: 'manual',
    })
    if (!response.ok) return await readFailure(response)
    return readVerdict(await readJson(response, MAX_VERDICT_BYTES), inputs.length)
  } catch {
    return new Failure(timeout.aborted ? 'timeout' : 'unreachable')
  }
}

async function readFailure(response: Response): Promise<Failure> {
  const { status } = response
  const headers = passedHeaders(response.headers)
  const body = await readJson(response, MAX_ERROR_BODY_BYTES).catch(() => undefined)
  const spent = isRecord(body) && isRecord(body.error) && body.error.code === 'insufficient_quota'
  const passes = status === 429 || status === 408 || status >= 500
  return new Failure(`status ${status}`, {
    isFinal: !passes || spent || headers['x-should-retry'] === 'false',
    after: retryAfter(headers, Date.now()),
  })
}

/** @returns `undefined` where it is no JSON; rejects where it breaks off or is too long */
async function readJson(response: Response, limit: number): Promise<unknown> {
  const text = new TextDecoder().decode(await readAtMost(response.body, limit))
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
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
  // All that was sent is judged, and plainly, or none of it is.
  const passed = results.filter((result) => isRecord(result) && result.flagged === false)
  if (results.length < inputs || passed.length < results.length) return new Failure('no verdict')
  return { kind: 'passed' }
}
