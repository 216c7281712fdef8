/**
 * An OpenAI-like upstream over real HTTP, on 127.0.0.1. It answers on command, and records what it was
 * asked, what it sent when, and when the other side left.
 *
 * @example
 *   const upstream = await startUpstream()
 *   upstream.next(failing(500), answer(['Hello', ' world']))
 *   …two requests to `${upstream.url}/v1/chat/completions`…
 *   upstream.calls[1]?.request // what the second asked
 *   await upstream.stop()
 */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Script, toReply } from './script.ts'
import { answer, failing, json } from './scripts.ts'
import { completion } from './sse.ts'

/** One request and its answer. Times are `performance.now()`. */
export interface Call {
  readonly method: string
  /** Includes the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The body as JSON; `{}` if it is not JSON. */
  readonly request: Record<string, unknown>
  /** When the whole request had come. */
  readonly at: number
  /** The bytes sent after the head, and when. */
  readonly sent: { at: number; bytes: Buffer }[]
  /** When the other side left before the answer was whole. */
  readonly closedAt: number | undefined
  /** Resolves when the answer is whole or the connection is gone. */
  readonly over: Promise<void>
}

export interface Upstream {
  /** Without a slash at the end; OpenAI's base URL is `${url}/v1`. */
  readonly url: string
  /** All requests, in the order of their arrival. */
  readonly calls: Call[]
  /** Number of unfinished answers. */
  readonly open: number
  /** Number of open connections, including idle ones. */
  readonly connections: number
  /** Queues an answer for each of the next requests; they come before `when` and `otherwise`. */
  next(...scripts: Script[]): void
  /** Answers every request for this model; or every request for which the function returns a script. */
  when(match: string | ((call: Call) => Script | undefined), script?: Script): void
  /** Waits for the `n`th request since the last `clear`, the first being 1. */
  call(n: number): Promise<Call>
  /** Waits until this holds. Checked whenever a request, an answer or a connection begins or ends. */
  until(holds: (upstream: Upstream) => boolean): Promise<void>
  /** Closes the port: connections are refused until `accept`. */
  refuse(): Promise<void>
  accept(): Promise<void>
  /** Forgets the calls and the scripts, and aborts unfinished answers. */
  clear(): Promise<void>
  stop(): Promise<void>
}

export async function startUpstream(): Promise<Upstream> {
  const changes = new EventEmitter().setMaxListeners(0)
  const changed = () => changes.emit('change')
  const sockets = new Set<Socket>()
  const open = new Set<ServerResponse>()
  const calls: Call[] = []
  const queue: Script[] = []
  const rules: ((call: Call) => Script | undefined)[] = []
  const failures: unknown[] = []

  async function serve(incoming: IncomingMessage, response: ServerResponse) {
    const call = await toCall(incoming, response)
    calls.push(call)
    changed()
    const script = queue.shift() ?? firstOf(rules, call) ?? ordinary(call)
    try {
      await script(toReply(call, response))
    } catch (error) {
      failures.push(error)
      response.destroy()
    }
  }

  const server = createServer((incoming, response) => {
    open.add(response)
    response.once('close', () => {
      open.delete(response)
      changed()
    })
    // Only reading the request can fail here: the other side left while it was sending.
    serve(incoming, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', (socket) => {
    sockets.add(socket.setNoDelay(true))
    socket.once('close', () => {
      sockets.delete(socket)
      changed()
    })
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const port = await listen(0)

  const upstream: Upstream = {
    url: `http://127.0.0.1:${port}`,
    calls,
    get open() {
      return open.size
    },
    get connections() {
      return sockets.size
    },
    next: (...scripts) => void queue.push(...scripts),
    when(match, script) {
      rules.push(
        typeof match === 'function' ? match : (call) => (call.request.model === match ? script : undefined),
      )
    },
    async call(n) {
      await upstream.until(() => calls.length >= n)
      return calls[n - 1] as Call
    },
    async until(holds) {
      while (!holds(upstream)) await once(changes, 'change')
    },
    async refuse() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
    async accept() {
      await listen(port)
    },
    async clear() {
      for (const response of open) response.destroy()
      await upstream.until(() => open.size === 0)
      calls.length = queue.length = rules.length = 0
      if (failures.length > 0) throw new AggregateError(failures.splice(0), 'A script failed.')
    },
    async stop() {
      if (server.listening) await upstream.refuse()
    },
  }
  return upstream
}

async function toCall(incoming: IncomingMessage, response: ServerResponse): Promise<Call> {
  const over = Promise.withResolvers<void>()
  let closedAt: number | undefined
  response.once('close', () => {
    if (!response.writableFinished) closedAt = performance.now()
    over.resolve()
  })
  const body = Buffer.concat(await incoming.toArray())
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body,
    request: toRecord(body),
    at: performance.now(),
    sent: [],
    get closedAt() {
      return closedAt
    },
    over: over.promise,
  }
}

function toRecord(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString())
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function firstOf(rules: ((call: Call) => Script | undefined)[], call: Call): Script | undefined {
  for (const rule of rules) {
    const script = rule(call)
    if (script !== undefined) return script
  }
  return undefined
}

/** The answer of an upstream without a script: as requested, streamed or not. */
function ordinary({ method, path, request }: Call): Script {
  if (method === 'GET' && path === '/v1/models') {
    return json({
      object: 'list',
      data: ['gpt-test', 'gpt-other'].map((id) => ({
        id,
        object: 'model',
        created: 1790000000,
        owned_by: 'test',
      })),
    })
  }
  if (method !== 'POST' || path !== '/v1/chat/completions')
    return failing(404, { message: `No ${method} ${path}.` })
  return request.stream === true ? answer(['Hello', ',', ' world', '!']) : json(completion('Hello, world!'))
}
