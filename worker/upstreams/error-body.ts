/**
 * The body of an upstream's error, in the forms that servers write it:
 *
 * - `{"error": {message, type, param, code}}` (OpenAI, Azure), the same in an array (Google), `{"error":
 *   "text"}` (Ollama)
 * - `{"object": "error", message, type, param, code}` (vLLM, Mistral), `{message}` (gateways)
 * - `{"detail": "text"}` and `{"detail": [{loc, msg, type}]}` (FastAPI), also inside `message` (Mistral)
 * - `{"errors": [{code, message}]}` (Cloudflare)
 */
import { errorIn, toWireError } from '../protocol/error-envelope.ts'
import { isRecord } from '../protocol/json.ts'
import type { WireError } from '../protocol/wire.ts'

export interface ErrorBody {
  /** `undefined`: the body has no words. */
  wire: WireError | undefined
  /** The HTTP status that the body names; it can have come with another one. */
  status: number | undefined
}

/** @returns `undefined` where the body is nothing of an error */
export function readErrorBody(json: unknown): ErrorBody | undefined {
  const body: unknown = Array.isArray(json) ? json[0] : json
  if (!isRecord(body)) return undefined
  const error = errorIn(body)
  const status = statusIn(error) ?? statusIn(body)
  // Spring's `"error": "Bad Request"` only names the status: a message beside it says more.
  const { message, detail, errors, type, param, code } = isRecord(error) ? error : body
  const words = wordsOf(message) ?? wordsOf(detail) ?? wordsOf(errors) ?? wordsOf(error)
  if (error !== undefined && error !== body)
    return { wire: toWireError({ type, param, code, ...words }), status }
  if (words !== undefined) {
    return { wire: toWireError({ type: type ?? 'invalid_request_error', param, code, ...words }), status }
  }
  return status === undefined && body.object !== 'error' ? undefined : { wire: undefined, status }
}

/** Whether a body that came with a status of success reports an error. */
export function isErrorInSuccess(json: unknown): boolean {
  const body: unknown = Array.isArray(json) ? json[0] : json
  if (!isRecord(body)) return false
  if (errorIn(body) !== undefined || body.object === 'error') return true
  if (isAnswer(body)) return false
  return (
    statusIn(body) !== undefined || [body.detail, body.message, body.errors].some((words) => wordsOf(words))
  )
}

/** Whether a body has what an answer has, or a list of models. */
export const isAnswer = (json: unknown) =>
  isRecord(json) && ['choices', 'data', 'output', 'deleted', 'input_tokens'].some((name) => name in json)

/** The statuses of errors that name none. Sources: the error references of OpenAI, Anthropic and Google. */
const STATUS_OF: Partial<Record<string, number>> = {
  content_filter: 400,
  content_policy_violation: 400,
  context_length_exceeded: 400,
  context_window_exceeded: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  unauthenticated: 401,
  billing_error: 402,
  permission_error: 403,
  permission_denied: 403,
  not_found_error: 404,
  model_not_found: 404,
  not_found: 404,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  resource_exhausted: 429,
  insufficient_quota: 429,
  server_error: 500,
  internal_error: 500,
  internal: 500,
  api_error: 500,
  overloaded_error: 503,
  unavailable: 503,
}

/** The status that an error's fields name, as a number or by its name. */
export function statusIn(error: unknown): number | undefined {
  if (!isRecord(error)) return undefined
  const { code, status, status_code, statusCode, type } = error
  for (const value of [status, code, status_code, statusCode, type]) {
    const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
    if (typeof number === 'number' && number >= 400 && number <= 599) return number
  }
  const names = [code, status, type].filter((value) => typeof value === 'string')
  const known = names.map((name) => name.toLowerCase()).find((name) => Object.hasOwn(STATUS_OF, name))
  return known === undefined ? undefined : STATUS_OF[known]
}

type Words = Partial<WireError> & Pick<WireError, 'message'>

/** How deep words are looked for. Mistral's are the deepest: a message with a detail with a list. */
const MAX_DEPTH = 4

function wordsOf(value: unknown, depth = 0): Words | undefined {
  if (typeof value === 'string') return value === '' ? undefined : { message: value }
  if (depth === MAX_DEPTH) return undefined
  if (Array.isArray(value)) {
    const all = value.map((one) => wordsOf(one, depth + 1)).filter((one) => one !== undefined)
    const [first] = all
    return first && { ...first, message: all.map(({ message }) => message).join('; ') }
  }
  if (!isRecord(value)) return undefined
  const words = wordsOf(value.msg ?? value.message ?? value.detail, depth + 1)
  if (words === undefined || !Array.isArray(value.loc)) return words
  // FastAPI says where in the body: `["body", "messages", 0]`.
  const param = value.loc.filter((step) => step !== 'body').join('.')
  return {
    message: `${param}: ${words.message}`,
    param,
    code: typeof value.type === 'string' ? value.type : null,
  }
}
