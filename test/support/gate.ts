/** Callers that a Worker knows: holders of access keys, and visitors of a page. */
import { createHash } from 'node:crypto'
import type { CallerUsage, Session } from '../../worker/protocol/wire.ts'
import { ask, askStream, QUESTION } from './caller.ts'

export const PAGE = 'https://shop.example'

/** The settings with which a Worker has visitors from `PAGE`. */
export const VISITORS = {
  OPEN_ACCESS: 'false',
  SESSION_SECRET: 'a secret of more than thirty-two characters',
  ALLOWED_ORIGINS: PAGE,
}

export type Sent = Record<string, string>

export interface Keys {
  ACCESS_KEYS: string
  /** The header that each of them sends. */
  callers: Sent[]
  /**
   * The next of them, who has used nothing yet.
   *
   * @throws {RangeError} once there are no more
   */
  newCaller(): Sent
}

/** Keys for `count` callers. */
export function keys(count: number): Keys {
  const secrets = Array.from({ length: count }, (_, i) => `mr_key-of-caller-${i}`)
  const callers = secrets.map((secret) => ({ authorization: `Bearer ${secret}` }))
  let used = 0
  return {
    ACCESS_KEYS: secrets.map((secret, i) => `caller${i}:${sha256(secret)}`).join(),
    callers,
    newCaller() {
      const caller = callers[used++]
      if (caller === undefined) throw new RangeError('More callers are needed than there are keys.')
      return caller
    },
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** `POST /v1/sessions`, as the page's script does. */
export function openSession(url: string, headers: Sent = {}, body?: string): Promise<Response> {
  return fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { origin: PAGE, ...headers },
    ...(body !== undefined && { body }),
  })
}

let addresses = 0
/**
 * An address that no other caller of this run has, because each may open only so many sessions and ask only
 * so fast.
 */
export const newAddress = () => {
  addresses++
  return `10.1.${addresses >> 8}.${addresses & 255}`
}

/** Opens a session for a new visitor. @returns the headers of its calls */
export async function visit(url: string, origin = PAGE): Promise<Sent> {
  const from = { origin, 'cf-connecting-ip': newAddress() }
  const session = (await (await openSession(url, from)).json()) as Session
  return { ...from, authorization: `Bearer ${session.token}` }
}

/** `GET /v1/usage`. */
export async function usageOf(url: string, headers: Sent): Promise<CallerUsage> {
  return (await (await fetch(`${url}/v1/usage`, { headers })).json()) as CallerUsage
}

/** `POST /v1/streams`. */
export function openStream(url: string, fields: object = {}, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/streams`, {
    method: 'POST',
    body: JSON.stringify({ ...QUESTION, ...fields }),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
}

/** `POST /chat` with a JSON body, and the content type that tells it from a plain question. */
export const chatJson = (url: string, fields: object = {}, init: RequestInit = {}) =>
  fetch(`${url}/chat`, { method: 'POST', body: JSON.stringify({ ...QUESTION, ...fields }), ...init })

type Asking = (url: string, fields?: object, init?: RequestInit) => Promise<Response>

/** Every route that takes a question. */
export const ROUTES: [string, Asking][] = [
  ['unstreamed', (url, fields = {}, init = {}) => ask(url, { ...QUESTION, ...fields }, init)],
  ['streamed', askStream],
  ['/chat', chatJson],
  ['/v1/streams', openStream],
]
