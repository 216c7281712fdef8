/** The most common answers of a test's upstream, each as a script. */
import type { OutgoingHttpHeaders } from 'node:http'
import { gzipSync } from 'node:zlib'
import { end, head, inOrder, type Reply, type Script, send, wait } from './script.ts'
import { answerEvents } from './sse.ts'

const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8' }

/** The head of a streamed answer. */
export const streamHead = (headers: OutgoingHttpHeaders = {}): Script =>
  head(200, { ...EVENT_STREAM, ...headers })

/** A streamed answer of these events, each sent at once, with `gapMs` before each except the first. */
export function events(list: string[], gapMs = 0): Script {
  return inOrder(streamHead(), paced(list, gapMs), end)
}

/** Like `events`, without an end, so that more can follow. */
export function begun(list: string[], gapMs = 0): Script {
  return inOrder(streamHead(), paced(list, gapMs))
}

/** A whole streamed answer, one event a token, with its usage if the request asks for it. */
export function answer(tokens: string[], gapMs = 0): Script {
  return (reply) => events(asAsked(reply, tokens), gapMs)(reply)
}

function asAsked({ call }: Reply, tokens: string[]): string[] {
  const options = call.request.stream_options
  const usage = typeof options === 'object' && options !== null && 'include_usage' in options
  return answerEvents(tokens, { usage })
}

/** Like `answer`. Only its role comes before `go`, which a test calls when it has seen that. */
export function answerInTwo(tokens: string[], gapMs: number): { script: Script; go(): void } {
  const { promise: gone, resolve: go } = Promise.withResolvers<void>()
  const script: Script = (reply) => {
    const [first = '', ...rest] = asAsked(reply, tokens)
    const later = rest.flatMap((one) => [wait(gapMs), send(one)])
    return inOrder(begun([first]), () => gone, ...later, end)(reply)
  }
  return { script, go }
}

/** These bytes as a streamed answer, in pieces of `size`. */
export function bytes(whole: Uint8Array, size = whole.length): Script {
  const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
    whole.subarray(i * size, (i + 1) * size),
  )
  return inOrder(streamHead(), send(...parts), end)
}

/** An answer in one piece; with `gzip` compressed, even if the request doesn't accept it. */
export function json(
  value: unknown,
  { status = 200, headers = {} as OutgoingHttpHeaders, gzip = false } = {},
): Script {
  return ({ response }) => {
    const body = Buffer.from(JSON.stringify(value))
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
      ...headers,
    })
    response.end(gzip ? gzipSync(body) : body)
  }
}

/** A refusal in OpenAI's envelope. */
export function failing(
  status: number,
  error: {
    message?: string
    type?: string
    param?: string | null
    code?: unknown
    [field: string]: unknown
  } = {},
  headers: OutgoingHttpHeaders = {},
): Script {
  const wire = {
    message: `Status ${status}.`,
    type: 'invalid_request_error',
    param: null,
    code: null,
    ...error,
  }
  return json({ error: wire }, { status, headers })
}

/** Any body of any type. */
export function page(body: string | Uint8Array, type: string, status = 200): Script {
  return ({ response }) => {
    response.writeHead(status, { 'content-type': type })
    response.end(body)
  }
}

function paced(list: string[], gapMs: number): Script {
  if (gapMs === 0) return send(...list)
  return inOrder(...list.flatMap((text, i) => (i === 0 ? [send(text)] : [wait(gapMs), send(text)])))
}
