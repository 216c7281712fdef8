/**
 * An upstream's refusal → what the caller is told of it. Words about the request are passed on; words about
 * this Worker's account are not, nor is anything that has none of the forms of an error.
 */
import { readAtMost } from '../bytes.ts'
import { ApiError, type ErrorCode } from '../errors.ts'
import { MAX_ERROR_BODY_BYTES } from '../limits.ts'
import { parseJson } from '../protocol/json.ts'
import type { WireError } from '../protocol/wire.ts'
import { isErrorInSuccess, readErrorBody, statusIn } from './error-body.ts'
import { passedHeaders } from './headers.ts'
import type { UpstreamWords } from './words.ts'

export interface Refusal {
  error: ApiError
  /**
   * The upstream's status, which says whether to try again: for an error in a success, the one that it names.
   */
  status: number
}

/** @param response any answer of the upstream with a status that is not 2xx */
export async function readRefusal(response: Response, words: UpstreamWords): Promise<Refusal> {
  const { status } = response
  if (ownCode(status) === undefined) return refusalOf(status, response, words, await readWire(response))
  await response.body?.cancel()
  return refusalOf(status, response, words, undefined)
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
  words: UpstreamWords,
): Refusal | undefined {
  if (!isErrorInSuccess(json)) return undefined
  const { status = 400, wire } = readErrorBody(json) ?? {}
  return refusalOf(status, response, words, wire)
}

function refusalOf(
  status: number,
  { status: upstreamStatus, headers }: Pick<Response, 'status' | 'headers'>,
  words: UpstreamWords,
  wire: WireError | undefined,
): Refusal {
  const details = { headers: passedHeaders(headers, words), upstreamStatus }
  const own = ownCode(status)
  if (own !== undefined) return { error: new ApiError(own, details), status }
  // 400, 404, 422 and 429's limits: the caller's own mistake or share, so the upstream's status and words.
  const heard = wire && { wire: words.error(wire, 'upstream_rejected') }
  return { error: new ApiError('upstream_rejected', { ...details, status, ...heard }), status }
}

/**
 * @param words `undefined` where answers are judged: nobody judges these words, so none of them pass
 * @returns how a caller reads an error that the upstream reports in a stream: as a refusal with the status
 *   that it names, except that a failure of the upstream's keeps its words
 */
export const errorInStream =
  (words: UpstreamWords | undefined) =>
  (wire: WireError): ApiError => {
    const status = statusIn(wire) ?? 500
    const own = ownCode(status)
    if (own === 'upstream_refused') return new ApiError(own)
    const code = own === undefined ? 'upstream_rejected' : 'upstream_error'
    const heard = words && { wire: words.error(wire, code) }
    return new ApiError(code, { ...heard, ...(own === undefined && { status }) })
  }

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

async function readWire(response: Response): Promise<WireError | undefined> {
  // Too long or cut off: the status alone is passed on.
  const bytes = await readAtMost(response.body, MAX_ERROR_BODY_BYTES).catch(() => undefined)
  return bytes && readErrorBody(parseJson(new TextDecoder().decode(bytes)))?.wire
}
