/** Where the connections of one durable stream come from: first the question that begins it, then looks at what came. */
import { IDEMPOTENCY_KEY, LAST_EVENT_ID, STREAM_ID } from '../../worker/protocol/wire.ts'
import { type CallOptions, call } from './call.ts'
import { clientError } from './chat-error.ts'
import type { Environment } from './environment.ts'
import { stopStream, streamUrl } from './stop-stream.ts'

export interface StreamSource {
  /** What the server calls it; `undefined` until it has answered. */
  readonly id: string | undefined
  /** Asks for the events behind number `after`. */
  connect(after: number, signal: AbortSignal): Promise<Response>
  /** @returns whether there was anything to stop, as far as can be known */
  stop(environment: Environment): Promise<boolean>
}

/** Each connection has a signal of its own. */
type Options = Omit<CallOptions, 'signal'>

/** A stream that is at the server. */
export function knownStream(url: string | URL, id: string, options: Options): StreamSource {
  return {
    id,
    async connect(after, signal) {
      // A browser's cache lets a second tab wait until the first one's answer has ended, unless it is told to keep out.
      const request: RequestInit = { headers: headersOf(after), cache: 'no-store' }
      const response = await call(streamUrl(url, id), request, { ...options, signal })
      if (response.status !== 204) return response
      throw clientError('truncated', 'The answer has ended, and its end is missing.')
    },
    async stop(environment) {
      await stopStream(url, id, { ...options, environment })
      return true
    },
  }
}

/** @param key with which the question can be sent again, when nobody knows whether the server has it */
export function newStream(url: string | URL, question: object, key: string, options: Options): StreamSource {
  const body = JSON.stringify(question)
  let known: StreamSource | undefined
  let asking: Promise<unknown> | undefined

  async function ask(after: number, signal: AbortSignal): Promise<Response> {
    const headers = { ...headersOf(after), 'content-type': 'application/json', [IDEMPOTENCY_KEY]: key }
    const response = await call(url, { method: 'POST', headers, body }, { ...options, signal })
    const id = response.headers.get(STREAM_ID)
    if (id !== null) known = knownStream(url, id, options)
    return response
  }

  return {
    get id() {
      return known?.id
    },
    connect(after, signal) {
      if (known) return known.connect(after, signal)
      const asked = ask(after, signal)
      asking = asked.catch(() => {})
      return asked
    },
    async stop(environment) {
      // Cut off, it may have begun all the same, and nobody would know its name.
      await asking
      return known?.stop(environment) ?? false
    },
  }
}

function headersOf(after: number): Record<string, string> {
  return { accept: 'text/event-stream', ...(after > 0 && { [LAST_EVENT_ID]: String(after) }) }
}
