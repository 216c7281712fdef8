/**
 * Asks Turnstile whether a person solved its challenge on that page, for this purpose. Anything but a clear
 * success is refused: a timeout, a redirect, an unreadable answer.
 *
 * @example
 *   const verify = turnstile(config.visitors.turnstile)
 *   const error = await verify(token, 'https://example.com', address) // undefined: accepted
 */
import { readAtMost } from '../bytes.ts'
import { ApiError, misconfigured } from '../errors.ts'
import { MAX_TURNSTILE_ANSWER_BYTES, TURNSTILE_DEADLINE_MS } from '../limits.ts'
import { isRecord } from '../protocol/json.ts'
import { TURNSTILE_ACTION } from '../protocol/wire.ts'
import { unreached } from '../unreached.ts'

/** @param address the caller's, which Turnstile compares with the solver's; `undefined` if unknown */
export type Turnstile = (
  token: string,
  page: string,
  address: string | undefined,
) => Promise<ApiError | undefined>

export function turnstile(
  { secret, verifyUrl }: { secret: string; verifyUrl: string },
  // A wrapper, so that the global `fetch` is looked up at each call.
  send: (url: string, init: RequestInit) => Promise<Response> = (url, init) => fetch(url, init),
  deadlineMs = TURNSTILE_DEADLINE_MS,
): Turnstile {
  return async function verify(token, page, address) {
    let answer: unknown
    let isSuccess: boolean
    try {
      const response = await send(verifyUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({
          secret,
          response: token,
          ...(address !== undefined && { remoteip: address }),
        }),
        // A redirect would send the secret to another server.
        redirect: 'manual',
        signal: AbortSignal.timeout(deadlineMs),
      })
      // A refusal has an error status, and its body gives the reasons in the same form.
      const bytes = await readAtMost(response.body, MAX_TURNSTILE_ANSWER_BYTES)
      answer = JSON.parse(new TextDecoder().decode(bytes))
      isSuccess = response.ok
    } catch (cause) {
      const { host } = new URL(verifyUrl)
      const notes = unreached(host, 'TURNSTILE_VERIFY_URL', cause)
      return new ApiError('turnstile_unavailable', { cause, notes })
    }
    return judge(answer, isSuccess, new URL(page).hostname)
  }
}

/** @param isSuccess whether the status was one of success: a yes with another one is not Turnstile's */
function judge(answer: unknown, isSuccess: boolean, hostname: string): ApiError | undefined {
  if (!isRecord(answer) || typeof answer.success !== 'boolean') return new ApiError('turnstile_unavailable')
  if (answer.success) {
    if (!isSuccess) return new ApiError('turnstile_unavailable')
    const meant = answer.hostname === hostname && answer.action === TURNSTILE_ACTION
    return meant ? undefined : new ApiError('turnstile_failed')
  }
  const codes = Array.isArray(answer['error-codes']) ? answer['error-codes'] : []
  if (codes.includes('invalid-input-secret') || codes.includes('missing-input-secret')) {
    return misconfigured('TURNSTILE_SECRET is not accepted by Turnstile.')
  }
  if (codes.includes('internal-error')) return new ApiError('turnstile_unavailable')
  return new ApiError('turnstile_failed')
}
