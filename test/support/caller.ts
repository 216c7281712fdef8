/** Acts as a caller: asks with plain fetch, and reads the answer piece by piece. */
import type { ErrorEnvelope, WireError } from '../../worker/protocol/wire.ts'

/** The shortest valid question. */
export const QUESTION = { model: 'gpt-test', messages: [{ role: 'user', content: 'Say hello.' }] }

/** `POST /v1/chat/completions`. Strings and bytes are sent unchanged. */
export function ask(url: string, request: unknown = QUESTION, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body:
      typeof request === 'string' || request instanceof Uint8Array
        ? Buffer.from(request)
        : JSON.stringify(request),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
}

/** The same, streamed. */
export function askStream(url: string, fields: object = {}, init: RequestInit = {}): Promise<Response> {
  return ask(url, { ...QUESTION, stream: true, ...fields }, init)
}

/** `POST /chat` with a bare question, as `curl -d` sends it. */
export function chat(url: string, question = 'Say hello.', init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/chat`, {
    method: 'POST',
    body: question,
    ...init,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...init.headers },
  })
}

export interface Received {
  text: string
  /** The error that broke the body off; `undefined` after a clean end. */
  error: unknown
}

/**
 * Reads a body to its end, clean or not.
 *
 * @param see told of each part that has come
 */
export async function receive(response: Response, see: () => void = () => {}): Promise<Received> {
  const parts: Uint8Array[] = []
  let error: unknown
  try {
    for await (const bytes of response.body ?? []) {
      parts.push(bytes)
      see()
    }
  } catch (cause) {
    error = cause
  }
  return { text: Buffer.concat(parts).toString(), error }
}

/** The data of each event of a whole stream with `\n` as line end. */
export function dataOf(sse: string): string[] {
  return sse
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => line.startsWith('data: ')))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.slice('data: '.length)).join('\n'))
}

/** The error that a stream ends with, in any of the three forms; `undefined` if there is none. */
export function lastError(sse: string): WireError | undefined {
  const last = dataOf(sse).at(-1)
  if (last === undefined || last === '[DONE]') return undefined
  return (JSON.parse(last) as Partial<ErrorEnvelope>).error
}

/** The error of a refusal. */
export async function refusal(response: Response): Promise<WireError> {
  const envelope = (await response.json()) as ErrorEnvelope
  return envelope.error
}
