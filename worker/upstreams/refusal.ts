/**
 * An upstream's refusal → what the caller is told of it. Words about the request are passed on;
 * words about this Worker's account, and whatever is no envelope, are not.
 */

import { readAtMost } from '../bytes.ts'
import { ApiError, type ErrorCode } from '../errors.ts'
import { MAX_ERROR_BODY_BYTES, MAX_ERROR_MESSAGE_CHARS } from '../limits.ts'
import { toWireError } from '../protocol/error-envelope.ts'
import { isRecord } from '../protocol/json.ts'
import type { WireError } from '../protocol/wire.ts'
import { passedHeaders } from './headers.ts'

/** @param response any answer of the upstream with a status that is not 2xx */
export async function readRefusal(response: Response): Promise<ApiError> {
  const headers = passedHeaders(response.headers)
  const { status } = response
  const own = ownCode(status)
  if (own !== undefined) {
    await response.body?.cancel()
    return new ApiError(own, { headers, upstreamStatus: status })
  }
  const wire = await readEnvelope(response)
  // 400, 404, 422 and 429's limits: the caller's own mistake or share, so the upstream's status and words.
  return new ApiError('upstream_rejected', { status, headers, upstreamStatus: status, ...(wire && { wire }) })
}

/** The code for a status that says nothing about the request; `undefined` where it does. */
function ownCode(status: number): ErrorCode | undefined {
  // 401 and 403: our key or our location. 402 and 407: our bill, our proxy.
  if ([401, 402, 403, 407].includes(status)) return 'upstream_refused'
  // 529 is how some say that they have no capacity.
  if (status === 503 || status === 529) return 'upstream_overloaded'
  if (status >= 500 || status === 408) return 'upstream_error'
  // With `redirect: 'manual'` a redirect arrives as itself, and followed it would take the key along.
  if (status < 400) return 'upstream_invalid'
  return undefined
}

/**
 * An error that came with a status of success, as some upstreams send what their filters refused.
 *
 * @param body an answer as parsed JSON
 * @returns `undefined` where it is no error
 */
export function errorInSuccess(body: unknown, headers: Headers): ApiError | undefined {
  const wire = envelopeIn(body)
  if (wire === undefined) return undefined
  const said = isRecord(body) && isRecord(body.error) ? body.error.status : undefined
  const status = typeof said === 'number' && said >= 400 && said < 500 ? said : 502
  const details = { headers: passedHeaders(headers), upstreamStatus: 200 }
  const own = ownCode(status)
  return own === undefined
    ? new ApiError('upstream_rejected', { ...details, status, wire })
    : new ApiError(own, details)
}

async function readEnvelope(response: Response): Promise<WireError | undefined> {
  try {
    const bytes = await readAtMost(response.body, MAX_ERROR_BODY_BYTES)
    return envelopeIn(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    // Not JSON, too long or cut off: the status alone is passed on.
    return undefined
  }
}

function envelopeIn(json: unknown): WireError | undefined {
  // Google's OpenAI-compatible endpoint wraps the envelope in an array.
  const body: unknown = Array.isArray(json) ? json[0] : json
  if (!isRecord(body) || body.error == null) return undefined
  return cleaned(toWireError(body.error))
}

/** An error that the upstream reports in mid-stream, as a caller may read it. */
export const errorInStream = (wire: WireError): ApiError =>
  new ApiError('upstream_error', { wire: cleaned(wire) })

/** An error in the upstream's words, without what they tell of it: wherever they are passed on as ours. */
function cleaned({ message, type, param, code }: WireError): WireError {
  return { message: clean(message), type: clean(type), param: clean(param), code: clean(code) }
}

/** What identifies the account or the machines behind the upstream, in any of its messages. */
const PRIVATE = [
  /\b(?:sk|pk|rk|sess|mr)[-_][\w*.-]{4,}/g,
  /\bBearer\s+\S+/gi,
  /\b(?:org|proj)[-_]\w{6,}/g,
  // A page that explains the error is the caller's to read; any other address is the upstream's own.
  /\bhttps?:\/\/(?!(?:platform|help)\.openai\.com\b)[^\s"'<>]+/gi,
  /\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g,
  // The first line of a stack trace and all below it.
  /\n\s*(?:at |File "|Traceback)[\s\S]*/g,
]

function clean<T extends string | null>(text: T): T
function clean(text: string | null): string | null {
  if (text === null) return null
  return PRIVATE.reduce((rest, pattern) => rest.replace(pattern, '[…]'), text).slice(
    0,
    MAX_ERROR_MESSAGE_CHARS,
  )
}
