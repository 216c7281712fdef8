/**
 * Makes the connections of one durable stream: first the question that opens it, then requests for its
 * events.
 */
import { IDEMPOTENCY_KEY, STREAM_ID } from '../../worker/protocol/wire.ts'
import { type CallOptions, call } from './call.ts'
import { clientError } from './chat-error.ts'
import type { SseEvent } from './decode.ts'
import type { Environment } from './environment.ts'
import { stopStream, streamUrl } from './stop-stream.ts'
import { afterEvent, type Meaning, type StreamFormat } from './stream-format.ts'

export interface StreamSource {
  /** The stream's id at the server; `undefined` until the server has answered. */
  readonly id: string | undefined
  /** Requests the events after number `after`. */
  connect(after: number, signal: AbortSignal): Promise<Response>
  /** Reads the next event, after a connection was made. */
  read(event: SseEvent): Meaning
  /** @returns whether there was a stream to stop, as far as is known */
  stop(environment: Environment): Promise<boolean>
}

/** Each connection has a signal of its own. */
type Options = Omit<CallOptions, 'signal'>

/** A stream that exists at the server. */
export function knownStream(
  format: StreamFormat,
  url: string | URL,
  id: string,
  options: Options,
): StreamSource {
  return {
    id,
    read: format.createReader(),
    async connect(after, signal) {
      const { url: address, headers } = format.follow(streamUrl(url, id), after)
      // `no-store`, because a browser's cache would make a second tab wait until the first one's answer has
      // ended.
      const request: RequestInit = { headers: { ...ACCEPT, ...headers }, cache: 'no-store' }
      const response = await call(address, request, { ...options, signal })
      if (response.status !== 204) return response
      throw clientError('truncated', 'The answer has ended, and its end is missing.')
    },
    async stop(environment) {
      await stopStream(format, url, id, { ...options, environment })
      return true
    },
  }
}

/** @param key lets the question be sent again if the first request's outcome is unknown */
export function newStream(
  format: StreamFormat,
  url: string | URL,
  question: object,
  key: string,
  options: Options,
): StreamSource {
  const body = JSON.stringify({ ...question, ...format.durable })
  let known: StreamSource | undefined
  let asking: Promise<unknown> | undefined

  async function ask(after: number, signal: AbortSignal): Promise<Response> {
    const headers = {
      ...ACCEPT,
      ...afterEvent(after),
      'content-type': 'application/json',
      [IDEMPOTENCY_KEY]: key,
    }
    const response = await call(url, { method: 'POST', headers, body }, { ...options, signal })
    const id = response.headers.get(STREAM_ID)
    if (id !== null) known = knownStream(format, url, id, options)
    return response
  }

  return {
    get id() {
      return known?.id
    },
    read: format.createReader(),
    connect(after, signal) {
      if (known) return known.connect(after, signal)
      const asked = ask(after, signal)
      asking = asked.catch(() => {})
      return asked
    },
    async stop(environment) {
      // A question that is cut off may have opened a stream whose id would be unknown.
      await asking
      return known?.stop(environment) ?? false
    },
  }
}

const ACCEPT = { accept: 'text/event-stream' }
