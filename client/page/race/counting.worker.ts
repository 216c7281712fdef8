/**
 * Counts tokens off the page's thread, with the counter that the Worker has. A message is the next piece of one
 * of the texts; the answer is how many tokens that text has with it.
 */
import { type Counter, createCounter } from '../../../worker/tokens/counter.ts'
import type { Encoding } from '../../../worker/tokens/pre-tokens.ts'
import { openRanks } from '../../../worker/tokens/ranks.ts'

export interface Piece {
  /** Which text goes on. */
  text: number
  piece: string
  encoding: Encoding
  /** Where the encoding's packed ranks are. */
  ranks: string
}

export type Counted = { tokens: number } | { failed: string }

const counters = new Map<Encoding, Promise<Counter>>()
const texts = new Map<number, ReturnType<Counter['incremental']>>()
let before: Promise<void> = Promise.resolve()

addEventListener('message', ({ data }: MessageEvent<Piece>) => {
  // One after the other, so that answers come in the order of the questions.
  before = before.then(async () => {
    const counted = await count(data).catch((error): Counted => ({ failed: String(error) }))
    postMessage(counted)
  })
})

async function count({ text, piece, encoding, ranks }: Piece): Promise<Counted> {
  const counter = counters.get(encoding) ?? load(ranks)
  counters.set(encoding, counter)
  const known = texts.get(text) ?? (await counter).incremental()
  texts.set(text, known)
  known.push(piece)
  return { tokens: known.end() }
}

async function load(url: string): Promise<Counter> {
  // What is being counted comes over the same wire, and is being timed: it goes first.
  const response = await fetch(url, { priority: 'low' })
  if (!response.ok) throw new TypeError(`The ranks are missing: status ${response.status}`)
  return createCounter(openRanks(await response.arrayBuffer()))
}
