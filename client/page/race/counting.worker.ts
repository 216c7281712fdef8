/**
 * Counts tokens off the main thread, with the Worker's own counter. Each message is the next piece of a text;
 * the reply is the number of tokens of that text so far.
 */
import { type Counter, createCounter } from '../../../worker/tokens/counter.ts'
import type { Encoding } from '../../../worker/tokens/pre-tokens.ts'
import { openRanks } from '../../../worker/tokens/ranks.ts'

export interface CountRequest {
  /** Identifies the text that the piece continues. */
  text: number
  piece: string
  encoding: Encoding
  /** URL of the encoding's packed ranks. */
  ranks: string
}

export type CountReply = { tokens: number } | { failed: string }

const counters = new Map<Encoding, Promise<Counter>>()
const texts = new Map<number, ReturnType<Counter['incremental']>>()
let before: Promise<void> = Promise.resolve()

addEventListener('message', ({ data }: MessageEvent<CountRequest>) => {
  // One at a time, so that replies have the order of the messages.
  before = before.then(async () => {
    const counted = await count(data).catch((error): CountReply => ({ failed: String(error) }))
    postMessage(counted)
  })
})

async function count({ text, piece, encoding, ranks }: CountRequest): Promise<CountReply> {
  const counter = counters.get(encoding) ?? load(ranks)
  counters.set(encoding, counter)
  const known = texts.get(text) ?? (await counter).incremental()
  texts.set(text, known)
  known.push(piece)
  return { tokens: known.end() }
}

async function load(url: string): Promise<Counter> {
  // Low priority: the answers that are being timed share the connection.
  const response = await fetch(url, { priority: 'low' })
  if (!response.ok) throw new TypeError(`The ranks are missing: status ${response.status}`)
  return createCounter(openRanks(await response.arrayBuffer()))
}
