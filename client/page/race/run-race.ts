/** Asks one question in both ways at the same moment, and measures. */

import type { ChatChunk, ChatRequest } from '../../../worker/formats/chat-completions/wire.ts'
import type { CallOptions } from '../../stream/call.ts'
import { fetchChat } from '../../stream/fetch-chat.ts'
import { firstChoice } from '../../stream/first-choice.ts'
import { openChat } from '../../stream/open-chat.ts'
import { retracts, withdraw } from '../../stream/withdraw.ts'
import type { Finish, RaceRecord, Sample, TokenCount, Way } from './record.ts'

const ENDPOINT = '/v1/chat/completions'

export interface RaceQuestion extends Pick<CallOptions, 'fetch'> {
  question: string
  model: string | undefined
  /**
   * How much faster than measured the demo answers; `null` if a model answers, which doesn't know the field.
   */
  demoSpeed: number | null
  signal: AbortSignal
  /** A monotonic clock in milliseconds. */
  now(): number
}

/** Receives the progress of a race. `ms` counts from its start. */
export interface RaceWatch {
  /** Text for one lane. The first call for the streamed lane has its first words. */
  text(way: Way, text: string, model: string, ms: number): void
  /** A lane's text was retracted after this beginning. */
  shortened(way: Way, text: string): void
  /** One of the answers is complete. */
  finished(way: Way, ms: number): void
}

export type RaceOutcome =
  | { end: 'done'; record: RaceRecord }
  | { end: 'stopped' }
  | { end: 'failed'; way: Way; error: unknown }

/**
 * A failed answer ends the race and stops the other one: half a comparison has no value, and the other answer
 * costs money. `counted` of the record is left for the caller to fill in.
 */
export async function runRace(asked: RaceQuestion, watch: RaceWatch): Promise<RaceOutcome> {
  const over = new AbortController()
  const signal = AbortSignal.any([asked.signal, over.signal])
  const { now, model, demoSpeed } = asked
  const request = {
    messages: [{ role: 'user' as const, content: asked.question }],
    ...(model && { model }),
    ...(demoSpeed !== null && { demo_speed: demoSpeed }),
  }
  const options = { signal, ...(asked.fetch && { fetch: asked.fetch }) }
  let failed: { way: Way; error: unknown } | undefined
  const failure = (way: Way) => (error: unknown) => {
    if (!signal.aborted) {
      failed = { way, error }
      over.abort()
    }
    return undefined
  }

  const start = now()
  const clock = () => now() - start
  // Both requests are sent in the same turn: neither waits for the other.
  const [unstreamed, streamed] = await Promise.all([
    askWhole(request, options, clock, watch).catch(failure('unstreamed')),
    askStream(request, options, clock, watch).catch(failure('streamed')),
  ])
  if (failed) return { end: 'failed', ...failed }
  if (!unstreamed || !streamed) return { end: 'stopped' }
  const { finish, samples, atWorker } = streamed
  return { end: 'done', record: { unstreamed, streamed: finish, samples, atWorker, demoSpeed } }
}

type Request = Omit<ChatRequest, 'stream'>

async function askWhole(
  request: Request,
  options: CallOptions,
  clock: () => number,
  watch: RaceWatch,
): Promise<Finish> {
  const { text, model, usage } = await fetchChat(ENDPOINT, request, options)
  const totalMs = clock()
  if (text !== '') watch.text('unstreamed', text, model, totalMs)
  watch.finished('unstreamed', totalMs)
  return {
    firstWordsMs: text === '' ? null : totalMs,
    totalMs,
    reported: usage && { tokens: usage.completion_tokens, source: 'upstream' },
    counted: null,
  }
}

async function askStream(
  request: Request,
  options: CallOptions,
  clock: () => number,
  watch: RaceWatch,
): Promise<{ finish: Finish; samples: Sample[]; atWorker: RaceRecord['atWorker'] }> {
  const stream_options = { include_usage: true, include_timing: true }
  const samples: Sample[] = []
  let content = ''
  let firstWordsMs: number | null = null
  let reported: TokenCount | null = null
  let atWorker: RaceRecord['atWorker'] = null
  for await (const chunk of openChat(ENDPOINT, { ...request, stream_options }, options)) {
    const ms = clock()
    const text = textOf(chunk)
    samples.push({ ms, characters: text.length })
    if (text !== '') {
      firstWordsMs ??= ms
      watch.text('streamed', text, chunk.model, ms)
    }
    content += firstChoice(chunk).content
    if (retracts(chunk)) {
      content = withdraw(content, chunk)
      watch.shortened('streamed', content)
    }
    // Any chunk can carry usage; the last one counts.
    if (chunk.usage) {
      reported = { tokens: chunk.usage.completion_tokens, source: chunk.millrace?.usage_source ?? 'upstream' }
    }
    atWorker = chunk.millrace?.timing ?? atWorker
  }
  // Taken after the loop, not at the last chunk: an answer is complete only with its end.
  const totalMs = clock()
  watch.finished('streamed', totalMs)
  return { finish: { firstWordsMs, totalMs, reported, counted: null }, samples, atWorker }
}

function textOf(chunk: ChatChunk): string {
  const { content, refusal } = firstChoice(chunk)
  return content + refusal
}
