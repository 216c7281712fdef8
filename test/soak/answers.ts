/** The answers of the soak, each known by its call's number: the upstream and the callers make the same ones. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { begin, complete, messageEvents, named, numbered } from '../support/responses.ts'
import { answerEvents, completion } from '../support/sse.ts'

/** @param flagged whether the answer has a text that the moderation forbids */
export const questionOf = (call: number, flagged = false): string =>
  `${flagged ? 'A flagged' : 'A'} question: call ${call}.`

const FORBIDDEN = 'forbidden'
const MODERATIONS_PATH = '/v1/moderations'

/** 20 to 369 tokens, and 4,000 for each fiftieth call. */
export function wordsOf(call: number, flagged = false): string[] {
  const tokens = call % 50 === 49 ? 4000 : 20 + ((call * 37) % 350)
  return Array.from({ length: tokens }, (_, token) =>
    flagged && token === 10 ? `${FORBIDDEN}\n` : `${call}:${token} ü\n`,
  )
}

/** @param gapMs the longest time between two tokens; 0: all come at once */
export async function startAnswers(gapMs: number) {
  let moderations = 0
  const server = createServer((request, response) => {
    if (request.url === MODERATIONS_PATH) moderations++
    void serve(request, response, gapMs).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    /** How often the moderation was asked. */
    get moderations() {
      return moderations
    },
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, gapMs: number): Promise<void> {
  const body = Buffer.concat(await request.toArray()).toString()
  if (request.method !== 'POST') return void response.end()
  const asked = JSON.parse(body)
  if (request.url === MODERATIONS_PATH) return sendJson(response, verdictsOn([asked.input].flat()))
  const [, flagged, call] = /(flagged)? question: call (\d+)/.exec(body) ?? []
  const words = wordsOf(Number(call), flagged !== undefined)
  if (asked.stream !== true) return sendJson(response, completion(words.join('')))
  const usage = asked.stream_options?.include_usage === true
  const events = request.url === '/v1/responses' ? responseEvents(words) : answerEvents(words, { usage })
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  // Long answers come several tokens at a time, as from a fast model.
  const most = Math.ceil(events.length / 400)
  while (events.length > 0 && !response.destroyed) {
    response.write(events.splice(0, most).join(''))
    if (gapMs > 0) await setTimeout(Math.random() * gapMs)
  }
  response.end()
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

const responseEvents = (words: readonly string[]): string[] =>
  numbered(complete([...begin(), ...messageEvents(words)])).map(named)

const verdictsOn = (inputs: readonly string[]) => ({
  id: 'modr-soak',
  model: 'omni-moderation-latest',
  results: inputs.map((text) => {
    const flagged = text.includes(FORBIDDEN)
    return { flagged, categories: { violence: flagged }, category_scores: { violence: flagged ? 1 : 0 } }
  }),
})
