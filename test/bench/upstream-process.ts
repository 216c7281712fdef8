/**
 * The upstream. upstream.ts starts it in a process of its own, so that its CPU time doesn't count for a
 * contestant.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventAt, FIRST_EVENT, lastEvents, type Script } from './answer.ts'
import { now } from './clock.ts'

/** When each token of each stream was sent. */
const sent = new Map<number, number[]>()

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString()
  if (request.method !== 'POST') return void response.end()
  const { messages, stream_options } = JSON.parse(body)
  const script: Script = JSON.parse(messages.at(-1).content)
  const last = lastEvents(stream_options?.include_usage ? script.tokens : undefined)
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  if (script.every > 0) atPace(script, last, response)
  else await atOnce(script, last, response)
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
function atPace({ stream, tokens, every }: Script, last: string, response: ServerResponse): void {
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
  response.write(FIRST_EVENT)
  send()
}

const BLOCK_TOKENS = 128

async function atOnce({ stream, tokens }: Script, last: string, response: ServerResponse): Promise<void> {
  response.write(FIRST_EVENT)
  for (let token = 0; token < tokens; token += BLOCK_TOKENS) {
    const length = Math.min(BLOCK_TOKENS, tokens - token)
    const block = Array.from({ length }, (_, i) => eventAt(stream, token + i)).join('')
    if (!response.write(block)) await new Promise((resolve) => response.once('drain', resolve))
  }
  response.end(last)
}
