/**
 * A visitor's session: requested when it is first needed, kept, renewed in time, and sent with each call.
 */
import type { Challenge, Session, SessionRequest } from '../../worker/protocol/wire.ts'
import { call } from './call.ts'
import { clientError } from './chat-error.ts'
import { type Held, type SessionStore, sessionHolder } from './held-session.ts'
import { readRefusal } from './refusal.ts'
import { unlessAborted } from './unless-aborted.ts'

/** The longest wait for the server's answer. The server waits for Turnstile for 5 s at most. */
const ANSWER_MS = 20_000

export interface SessionOptions {
  /** Sends the requests. */
  fetch?: typeof fetch
  /** An access key takes precedence: while there is one, no session is requested. */
  key?(): string | null
  /** Where the session is kept, such as in `sessionStorage`; without it, the session ends with the page. */
  store?: SessionStore
  /**
   * Shows Turnstile's challenge to the visitor, with the action `TURNSTILE_ACTION`. @returns the solved
   * challenge's token
   */
  solveChallenge?(siteKey: string): Promise<string>
  /** The wall clock in milliseconds: a session may continue after a reload. */
  now?(): number
}

export interface VisitorSession {
  /**
   * Like the global `fetch`, with `authorization` added. Requests a session if there is none yet, once for
   * all waiting calls. A call that is refused with 401 is repeated once with a new session, so its body must
   * be text, not a stream.
   *
   * @throws {ChatError} why there is no session: `sessions_unavailable`, `too_many_sessions`, `network`, …
   */
  fetch: typeof fetch
  /** The current headers, without a request; empty without a key or a session. */
  headers(): Record<string, string>
  /**
   * Requests a session unless there is one, so that a timed call doesn't wait for it. Throws as `fetch`
   * does.
   */
  ready(): Promise<void>
}

/**
 * If the server needs no session (the demo, open access), calls are sent without one, and none is requested
 * again.
 *
 * @param base the server's address without a slash at its end; empty for the page's own
 * @example
 *   const session = createSession('https://millrace.example.com')
 *   const { fetch, ready } = session
 *   for await (const chunk of openStream(`${base}/v1/streams`, { messages }, { fetch, ready })) …
 */
export function createSession(
  base: string,
  {
    fetch: send = (...args) => fetch(...args),
    key,
    store,
    solveChallenge,
    now = Date.now,
  }: SessionOptions = {},
): VisitorSession {
  const holder = sessionHolder(store, now)
  let unavailable = false
  let asking: Promise<Held | undefined> | undefined

  /** @returns `undefined` where no session is needed */
  async function ask(
    old: string | undefined,
    proof?: SessionRequest,
  ): Promise<Session | Challenge | Response | undefined> {
    const response = await call(
      // A challenge that comes as a refusal would be an error in the tools of each visitor's browser.
      `${base}/v1/sessions${solveChallenge ? '?challenge' : ''}`,
      {
        method: 'POST',
        headers: { ...bearer(old), ...(proof && { 'content-type': 'application/json' }) },
        ...(proof && { body: JSON.stringify(proof) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      },
      { fetch: send },
    )
    if (response.status === 204) return undefined
    if (!response.ok) return response
    const answer = (await response.json().catch(() => undefined)) as Partial<Session & Challenge> | undefined
    if (typeof answer?.token === 'string' && typeof answer.expires_in === 'number') return answer as Session
    if (typeof answer?.turnstile_site_key === 'string') return answer as Challenge
    throw clientError('not_a_session', 'The server answered with something that is not a session.')
  }

  /** @param old a token to be renewed */
  async function obtain(old?: string): Promise<Held | undefined> {
    // Taken before the request, so that the session's end is never assumed too late.
    let asked = now()
    let answer = await ask(old)
    if (answer instanceof Response) {
      // The old session is over after all, or no longer this server's.
      if (old !== undefined && answer.status === 401) return obtain()
    } else if (answer !== undefined && 'turnstile_site_key' in answer && solveChallenge) {
      const turnstile_token = await solveChallenge(answer.turnstile_site_key)
      asked = now()
      answer = await ask(undefined, { turnstile_token })
    }
    if (answer instanceof Response) throw await readRefusal(answer, undefined)
    if (answer !== undefined && 'token' in answer) return holder.hold(answer, asked)
    unavailable = true
    holder.drop()
    return undefined
  }

  /** One request for all callers that wait for it. */
  function obtainOnce(old?: string): Promise<Held | undefined> {
    asking ??= obtain(old).finally(() => {
      asking = undefined
    })
    return asking
  }

  async function token(): Promise<string | undefined> {
    if (unavailable) return undefined
    const held = holder.held()
    if (held === undefined) return (await obtainOnce())?.token
    // The session is still valid, so no call waits for its renewal. A failed renewal shows with a later
    // call.
    if (now() >= held.renewAt) obtainOnce(held.token).catch(() => {})
    return held.token
  }

  return {
    async fetch(input, init = {}) {
      const given = key?.() ?? undefined
      if (given !== undefined) return send(input, withBearer(init, given))
      const sent = await unlessAborted(token(), init.signal)
      const response = await send(input, withBearer(init, sent))
      // Only an invalid token gives 401; the upstream's refusals have other statuses.
      if (response.status !== 401 || sent === undefined) return response
      response.body?.cancel().catch(() => {})
      // Another call may have been refused too, and have replaced the session already.
      holder.drop(sent)
      return send(input, withBearer(init, await unlessAborted(token(), init.signal)))
    },
    headers: () => bearer(key?.() ?? holder.held()?.token),
    async ready() {
      if (!key?.()) await token()
    },
  }
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

function withBearer(init: RequestInit, token: string | undefined): RequestInit {
  if (token === undefined) return init
  const headers = new Headers(init.headers)
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`)
  return { ...init, headers }
}
