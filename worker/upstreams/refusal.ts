/**
 * An upstream's refusal → what the caller is told of it. Words about the request are passed on; words about
 * this Worker's account are not, nor is anything that has none of the forms of an error.
 */
import { readAtMost } from '../bytes.ts'
import { ApiError, type ErrorCode } from '../errors.ts'
import { MAX_ERROR_BODY_BYTES } from '../limits.ts'
import { parseJson } from '../protocol/json.ts'
import type { WireError } from '../protocol/wire.ts'
import { cleaned } from './clean.ts'
import { isErrorInSuccess, readErrorBody } from './error-body.ts'
import { passedHeaders } from './headers.ts'

export interface Refusal {
  error: ApiError
  /**
   * The upstream's status, which says whether to try again: for an error in a success, the one that it names.
   */
  status: number
}

/** @param response any answer of the upstream with a status that is not 2xx */
export async function readRefusal(response: Response): Promise<Refusal> {
  const { status } = response
  if (ownCode(status) === undefined) return refusalOf(status, response, await readWords(response))
  await response.body?.cancel()
  return refusalOf(status, response, undefined)
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
): Refusal | undefined {
  if (!isErrorInSuccess(json)) return undefined
  const { status = 400, wire } = readErrorBody(json) ?? {}
  return refusalOf(status, response, wire && cleaned(wire))
}

function refusalOf(
  status: number,
  { status: upstreamStatus, headers }: Pick<Response, 'status' | 'headers'>,
  wire: WireError | undefined,
): Refusal {
  const details = { headers: passedHeaders(headers), upstreamStatus }
  const own = ownCode(status)
  if (own !== undefined) return { error: new ApiError(own, details), status }
  // 400, 404, 422 and 429's limits: the caller's own mistake or share, so the upstream's status and words.
  return { error: new ApiError('upstream_rejected', { ...details, status, ...(wire && { wire }) }), status }
}

/** An error that the upstream reports in mid-stream, as a caller may read it. */
export const errorInStream = (wire: WireError): ApiError =>
  new ApiError('upstream_error', { wire: cleaned(wire) })

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

async function readWords(response: Response): Promise<WireError | undefined> {
  // Too long or cut off: the status alone is passed on.
  const bytes = await readAtMost(response.body, MAX_ERROR_BODY_BYTES).catch(() => undefined)
  const wire = bytes && readErrorBody(parseJson(new TextDecoder().decode(bytes)))?.wire
  return wire && cleaned(wire)
}
