/**
 * Reads streams from a contestant, and checks them after they have ended, so that the reader uses little CPU
 * time.
 */
import { Agent, type RequestOptions, request } from 'node:http'
import { createParser } from 'eventsource-parser'
import { type Script, wordAt } from './answer.ts'
import { now } from './clock.ts'

/** An answer that was complete and in order. Times in milliseconds, on the clock of clock.ts. */
export interface Reading {
  stream: number
  asked: number
  /** When each token came. */
  arrivals: number[]
  ended: number
}

/** The pieces of an answer as they came, parsed after its end. */
interface Raw {
  asked: number
  pieces: { bytes: Buffer; at: number }[]
  ended: number
}

/** A connection that was idle for longer isn't reused, because workerd closes idle connections. */
const IDLE_MS = 2_000

const agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: IDLE_MS })

/** Where a contestant is asked. */
export interface Target {
  /** Without a slash at its end. */
  url: string
  path: string
  /** The access key, called once a stream; `undefined`: the question has none. */
  keyOf?: () => string | undefined
  /** Further headers of each question. */
  headers?: Record<string, string>
  /** The body that asks for an answer; by default a chat's. */
  questionOf?: (script: Script) => string
}

/**
 * @param target a contestant
 * @param watch called once each stream has its first token
 * @throws {Error} if an answer differs from the one that was asked for
 */
export async function readAll(target: Target, scripts: Script[], watch = async () => {}): Promise<Reading[]> {
  let waited = scripts.length
  const { promise: allBegan, resolve: began } = Promise.withResolvers<void>()
  const reading = Promise.all(
    scripts.map((script) =>
      ask(target, script, () => {
        if (--waited === 0) began()
      }),
    ),
  )
  await Promise.race([allBegan.then(watch), reading])
  const raws = await reading
  return raws.map((raw, i) => check(raw, scripts[i] as Script))
}

function ask(
  { url, path, keyOf, headers: own, questionOf = question }: Target,
  script: Script,
  onFirst: () => void,
): Promise<Raw> {
  const body = questionOf(script)
  const key = keyOf?.()
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    ...own,
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  }
  return receive(`${url}${path}`, { method: 'POST', headers }, body, onFirst)
}

export const question = (script: Script): string =>
  JSON.stringify({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: JSON.stringify(script) }],
    stream: true,
  })

/**
 * Retries if a kept connection turns out to be closed: the server closed it for idleness while the question
 * was on its way, and never read the question. Each try uses up one such connection, so the last one is new.
 */
export async function receive(
  url: string,
  options: RequestOptions,
  body?: string,
  onFirst?: () => void,
): Promise<Raw> {
  for (;;) {
    const raw = await receiveOnce(url, options, body, onFirst)
    if (raw !== 'stale connection') return raw
  }
}

function receiveOnce(
  url: string,
  options: RequestOptions,
  body?: string,
  onFirst = () => {},
): Promise<Raw | 'stale connection'> {
  const asked = now()
  const pieces: Raw['pieces'] = []
  return new Promise((resolve, reject) => {
    const call = request(url, { ...options, agent }, (response) => {
      const { statusCode = 0 } = response
      if (statusCode !== 200 && statusCode !== 201) reject(new Error(`${url} answered ${statusCode}.`))
      response.once('data', onFirst)
      response.on('data', (bytes: Buffer) => pieces.push({ bytes, at: now() }))
      response.on('end', () => resolve({ asked, pieces, ended: now() }))
      response.on('error', reject)
    })
    call.on('error', (error: NodeJS.ErrnoException) => {
      // [doc] Node, "request.reusedSocket": that is how a connection that was closed while idle is told.
      const stale = call.reusedSocket && error.code === 'ECONNRESET' && pieces.length === 0
      if (stale) resolve('stale connection')
      else reject(error)
    })
    call.setNoDelay(true)
    call.end(body)
  })
}

/** @throws {Error} if the answer differs from the one that was asked for */
export function check({ asked, pieces, ended }: Raw, { stream, tokens }: Script): Reading {
  const arrivals: number[] = []
  let at = 0
  let done = false
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent({ data }) {
      const isEnd = data === '[DONE]'
      const delta: Delta = isEnd ? {} : JSON.parse(data)
      done ||= isEnd || delta.type === 'response.completed'
      // Some contestants join tokens: one event may hold several words.
      for (let left = textOf(delta); left !== ''; arrivals.push(at)) {
        const word = wordAt(stream, arrivals.length)
        if (!left.startsWith(word)) throw new Error(`Stream ${stream}: “${left}”, not “${word}”.`)
        left = left.slice(word.length)
      }
    },
  })
  for (const piece of pieces) {
    at = piece.at
    parser.feed(decoder.decode(piece.bytes, { stream: true }))
  }
  if (arrivals.length !== tokens || !done) {
    throw new Error(`Stream ${stream} ended after ${arrivals.length} of ${tokens} tokens.`)
  }
  return { stream, asked, arrivals, ended }
}

/** OpenAI's chunk, a response's event, or a delta in the AI SDK's protocol. */
interface Delta {
  choices?: { delta?: { content?: string } }[]
  type?: string
  delta?: string
}

function textOf({ choices, type, delta }: Delta): string {
  if (type === 'text-delta' || type === 'response.output_text.delta') return delta ?? ''
  return choices?.[0]?.delta?.content ?? ''
}
