/**
 * The upstream. upstream.ts starts it in a process of its own, so that its CPU time doesn't count for a
 * contestant.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventAt, FIRST_EVENT, lastEvents, type Script } from './answer.ts'
import { now } from './clock.ts'
import { FIRST_EVENTS, lastResponseEvents, responseEventAt } from './responses-answer.ts'

/** An answer as the API streams it that was asked. */
interface Answer {
  /** Before the first token. */
  first: string
  eventAt(stream: number, token: number): string
  /** After the last token. */
  last: string
}

/** When each token of each stream was sent. */
const sent = new Map<number, number[]>()

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString()
  if (request.method !== 'POST') return void response.end()
  const { messages, input, stream_options } = JSON.parse(body)
  const script: Script = JSON.parse(input ?? messages.at(-1).content)
  const usage = stream_options?.include_usage ? script.tokens : undefined
  const answer: Answer =
    input === undefined
      ? { first: FIRST_EVENT, eventAt, last: lastEvents(usage) }
      : { first: FIRST_EVENTS, eventAt: responseEventAt, last: lastResponseEvents(script) }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  if (script.every > 0) atPace(script, answer, response)
  else await atOnce(script, answer, response)
})
server.on('connection', (socket) => socket.setNoDelay(true))
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  process.send?.({ sent })
  sent.clear()
})
process.on('disconnect', () => process.exit())

/**
 * Sends one token a chunk. After a late token the next one keeps its distance, because two at once would
 * arrive as one read.
 */
function atPace(
  { stream, tokens, every }: Script,
  { first, eventAt, last }: Answer,
  response: ServerResponse,
): void {
  const times: number[] = []
  sent.set(stream, times)
  const send = () => {
    times.push(now())
    response.write(eventAt(stream, times.length - 1))
    if (times.length < tokens) return
    clearInterval(timer)
    response.end(last)
  }
  const timer = setInterval(send, every)
  response.once('close', () => clearInterval(timer))
  response.write(first)
  send()
}

const BLOCK_TOKENS = 128

async function atOnce(
  { stream, tokens }: Script,
  { first, eventAt, last }: Answer,
  response: ServerResponse,
): Promise<void> {
  response.write(first)
  for (let token = 0; token < tokens; token += BLOCK_TOKENS) {
    const length = Math.min(BLOCK_TOKENS, tokens - token)
    const block = Array.from({ length }, (_, i) => eventAt(stream, token + i)).join('')
    if (!response.write(block)) await new Promise((resolve) => response.once('drain', resolve))
  }
  response.end(last)
}
