/**
 * An upstream's refusal → what the caller is told of it. Words about the request are passed on; words about
 * this Worker's account are not, nor is anything that has none of the forms of an error.
 */
import { readAtMost } from '../bytes.ts'
import { ApiError, type ErrorCode, type Notes } from '../errors.ts'
import { ERROR_BODY_MS, MAX_ERROR_BODY_BYTES } from '../limits.ts'
import { parseJson } from '../protocol/json.ts'
import type { WireError } from '../protocol/wire.ts'
import { isErrorInSuccess, readErrorBody, statusIn } from './error-body.ts'
import { passedHeaders } from './headers.ts'
import type { About } from './move-on.ts'
import type { Upstream } from './upstream.ts'
import type { UpstreamWords } from './words.ts'

export interface Refusal {
  error: ApiError
  /**
   * The upstream's status, which says whether to try again: for an error in a success, the one that it names.
   */
  status: number
  about: About | undefined
}

/** Who asked, whom, and what. */
export interface Asker {
  words: UpstreamWords
  /** It has the settings by which the owner mends what it refuses. */
  upstream: Pick<Upstream, 'name' | 'settings'>
  /** The body that was sent, of which nothing may be logged; `undefined`: none was. */
  question: Uint8Array | undefined
}

/** @param response any answer of the upstream with a status that is not 2xx */
export async function readRefusal(response: Response, asker: Asker): Promise<Refusal> {
  return refusalOf(response.status, response, asker, await readWire(response))
}

/**
 * An error that came with a status of success, as some upstreams send what their filters refused or what
 * failed behind them. It is treated as if it had come with the status that it names; without one it is about
 * the request.
 *
 * @param json an answer, parsed
 * @returns `undefined` where it is no error
 */
export function errorInSuccess(
  json: unknown,
  response: Pick<Response, 'status' | 'headers'>,
  asker: Asker,
): Refusal | undefined {
  if (!isErrorInSuccess(json)) return undefined
  const { status = 400, wire } = readErrorBody(json) ?? {}
  return refusalOf(status, response, asker, wire)
}

function refusalOf(
  status: number,
  { status: upstream_status, headers }: Pick<Response, 'status' | 'headers'>,
  asker: Asker,
  wire: WireError | undefined,
): Refusal {
  const { words } = asker
  const about = aboutOf(status, wire)
  const notes = { upstream_status, ...notesOf(status, wire, asker) }
  const details = { headers: passedHeaders(headers, asker), notes }
  const own = ownCode(status)
  if (own !== undefined) {
    const heard = wire && { wire: words.ownError(wire, own) }
    return { error: new ApiError(own, { ...details, ...heard }), status, about }
  }
  // 400, 404, 422 and 429's limits: the caller's own mistake or share, so the upstream's status and words.
  const code = about === 'model' ? 'model_not_found' : 'upstream_rejected'
  const heard = wire && { wire: words.error(wire, code) }
  return { error: new ApiError('upstream_rejected', { ...details, status, ...heard }), status, about }
}

/** An error that the upstream reports in a stream, as a refusal with the status that it names. */
export function refusalInStream(wire: WireError, asker: Asker, isJudged?: boolean): Refusal {
  const status = statusIn(wire) ?? 500
  return { error: errorInStream(wire, asker, isJudged), status, about: aboutOf(status, wire) }
}

/**
 * @param isJudged whether the answer is moderated. These words are not, so none of them pass then
 * @returns what a caller reads of an error that the upstream reports in a stream: a refusal with the status
 *   that it names, except that a failure of the upstream's keeps its words
 */
export function errorInStream(wire: WireError, asker: Asker, isJudged = false): ApiError {
  // Found by the reader of its format, or said by another Millrace: it is no failure that was reported.
  if (wire.code === 'upstream_truncated') return new ApiError('upstream_truncated')
  const { words } = asker
  const status = statusIn(wire) ?? 500
  const own = ownCode(status)
  const code = own === undefined ? 'upstream_rejected' : own === 'upstream_refused' ? own : 'upstream_error'
  const notes = notesOf(status, wire, asker)
  const heard = own === 'upstream_refused' ? words.ownError(wire, own) : words.error(wire, code)
  return new ApiError(code, {
    notes,
    headers: passedHeaders(new Headers(), asker),
    ...(!isJudged && { wire: heard }),
    ...(own === undefined && { status }),
  })
}

/** What the log says of an upstream's error. */
function notesOf(status: number, wire: WireError | undefined, { words, question, upstream }: Asker): Notes {
  const code = wire && words.code(wire)
  const setting = settingFor(status, wire, upstream.settings)
  // About the credentials or the bill. A refusal of anything else may quote the question.
  const isAboutAccount = [401, 402, 407].includes(status)
  const cause = isAboutAccount && wire ? words.logged(wire, question) : undefined
  return {
    ...(code !== undefined && { upstream_code: code }),
    ...(cause !== undefined && { cause }),
    ...(setting !== undefined && { setting }),
  }
}

/** The setting by which the owner mends what the upstream refuses. */
function settingFor(
  status: number,
  wire: WireError | undefined,
  { key, address, models }: Upstream['settings'],
): string | undefined {
  if (aboutOf(status, wire) === 'model') return models
  if (status === 401) return key
  if (status === 403) return isAboutPlace(wire) ? 'LOCATION_HINT' : key
  // A redirect, or no such path: another address is meant.
  return (status >= 300 && status < 400) || status === 404 ? address : undefined
}

/**
 * By the codes of OpenAI, Azure, Groq and Mistral; others say it with the status and in words. [wire]
 * OpenRouter sends what its moderation flagged with 403, and Ollama and vLLM have no code for a model.
 */
export function aboutOf(status: number, wire: WireError | undefined): About | undefined {
  if (wire === undefined) return undefined
  const { code, type, message } = wire
  const names = [code, type].map((name) => name?.toLowerCase() ?? '')
  const known = Object.keys(ABOUT).find((about) => names.some((name) => ABOUT[about as About].test(name)))
  if (known !== undefined) return known as About
  if (status === 404 && /\bmodel\b/i.test(message)) return 'model'
  if (status === 403 && /\bmoderation\b|\bflagged\b/i.test(message)) return 'policy'
  if ((status === 400 || status === 413) && /\bcontext (?:length|window)\b/i.test(message)) return 'context'
  return undefined
}
const ABOUT: Readonly<Record<About, RegExp>> = {
  model: /^(?:model_not_found|model_deprecated|model_decommissioned|deploymentnotfound|invalid_model)$/,
  context: /^context_(?:length|window)_exceeded$/,
  policy: /^content_(?:filter|policy_violation)$/,
  quota: /^insufficient_quota$/,
}

const isAboutPlace = (wire: WireError | undefined) => /country|region|territory/.test(wire?.code ?? '')

/** The code for a status that says nothing about the request; `undefined` where it does. */
function ownCode(status: number): ErrorCode | undefined {
  // 401 and 403: our key or our location. 402 and 407: our bill, our proxy.
  if ([401, 402, 403, 407].includes(status)) return 'upstream_refused'
  // 529 is how some say that they have no capacity.
  if (status === 503 || status === 529) return 'upstream_overloaded'
  if (status >= 500 || status === 408) return 'upstream_error'
  // With `redirect: 'manual'` a redirect arrives as itself: followed, it would take the key along.
  if (status < 400) return 'upstream_invalid'
  return undefined
}

/** @returns `undefined` where the body is too long, too slow, cut off, or nothing of an error */
async function readWire({ body }: Response): Promise<WireError | undefined> {
  const bytes = await readAtMost(body && inTime(body), MAX_ERROR_BODY_BYTES).catch(() => undefined)
  if (bytes === undefined) return undefined
  return readErrorBody(parseJson(new TextDecoder().decode(bytes)))?.wire
}

/**
 * The body, as long as it is waited for. One that never ends is cancelled: its connection would keep the
 * caller's object awake.
 */
async function* inTime(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  const cancel = () => void reader.cancel().catch(() => {})
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    cancel()
  }, ERROR_BODY_MS)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (isLate) throw new Error('The body is late.')
      if (done) return
      yield value
    }
  } finally {
    clearTimeout(timer)
    cancel()
  }
}
