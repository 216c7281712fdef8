/**
 * The upstream of a deployment without a key. It speaks OpenAI's wire format in process, at no cost and
 * without a network. Its answers were written beforehand (demo-answers/), and say so.
 */

import { type ChatChunk, type ChatRequest, DONE } from '../formats/chat-completions/wire.ts'
import { encodeEvent, toBytes } from '../protocol/encode.ts'
import { isRecord } from '../protocol/json.ts'
import { DEMO_MODEL, EVENT_STREAM, type Usage } from '../protocol/wire.ts'
import { sleep } from '../sleep.ts'
import { countChat } from '../tokens/chat.ts'
import type { Counter } from '../tokens/counter.ts'
import { answerTo } from './demo-answers/prepared.ts'
import { FLAG } from './demo-judge.ts'
import type { Upstream } from './upstream.ts'

/** In milliseconds. */
interface Pace {
  /** When the `n`th token of a streamed answer comes. */
  token(n: number): number
  /** When an unstreamed answer of `n` tokens comes. */
  whole(n: number): number
}

/** A small model's in 2026: the first token after 0.4 s, then 90 a second. */
const usual = (n: number) => 400 + ((n - 1) * 1000) / 90
const USUAL: Pace = { token: usual, whole: usual }

/** The founding example's: streamed, its 414 tokens came in 0.93 to 36.39 s; unstreamed, after 31.49 s. */
const MEASURED: Pace = {
  token: (n) => 930 + ((n - 1) * (36_390 - 930)) / 413,
  whole: (n) => (n * 31_490) / 414,
}

/** A question with this in it gets an answer that the demo's moderation flags halfway through. */
const FLAG_THE_ANSWER = /\[flag the answer\]/i

export interface DemoOptions {
  /** Divides all times. */
  speed: number
  /** Counts in o200k_base, made at the first question. */
  counter(): Counter
}

/** It takes any model's name, and answers under that name. */
export function demo({ speed: configured, counter }: DemoOptions): Upstream {
  return {
    host: 'demo',
    async ask(_, body, signal) {
      const asked = Date.now()
      // Admission has checked the request. A field that is missing has a default.
      const request: ChatRequest = JSON.parse(new TextDecoder().decode(body))
      const { pace, speed } = paceOf(request, configured)
      const answer = compose(request, counter())
      if (request.stream) return eventStream(streamed(answer, request, { pace, speed, asked }, signal))
      await until(asked + pace.whole(answer.usage.completion_tokens) / speed, signal)
      return Response.json(unstreamed(answer), { headers: { 'x-request-id': answer.id } })
    },
    async call({ path }) {
      const id = path.split('/models/')[1]
      const model = { id: id ?? DEMO_MODEL, object: 'model', created: 0, owned_by: 'millrace' }
      return Response.json(id === undefined ? { object: 'list', data: [model] } : model)
    },
  }
}

/**
 * The race asks for the measured pace, by the field `demo_speed`: up to a hundred times as fast as measured.
 */
function paceOf({ demo_speed: asked }: ChatRequest, configured: number): { pace: Pace; speed: number } {
  if (typeof asked !== 'number' || !(asked >= 1)) return { pace: USUAL, speed: configured }
  return { pace: MEASURED, speed: configured * Math.min(asked, 100) }
}

interface Piece {
  text: string
  /** How many tokens the answer has up to here. */
  upTo: number
}

interface DemoAnswer {
  id: string
  created: number
  model: string
  pieces: readonly Piece[]
  finish: 'stop' | 'length'
  usage: Usage
}

function compose(request: ChatRequest, counter: Counter): DemoAnswer {
  const question = textOf(request.messages.findLast(({ role }) => role === 'user')?.content)
  const known = answerTo(question.replace(FLAG_THE_ANSWER, ''))
  const flagged = FLAG_THE_ANSWER.test(question)
  const all = countUp(flagged ? known.toSpliced(known.length >> 1, 0, ` ${FLAG}`) : known, counter)
  const limit = request.max_completion_tokens ?? request.max_tokens
  const pieces = typeof limit === 'number' && limit >= 0 ? all.filter(({ upTo }) => upTo <= limit) : all
  const prompt = countChat(request.messages, DEMO_MODEL, counter)
  const completion = counter.count(pieces.map(({ text }) => text).join(''))
  return {
    id: `chatcmpl-demo-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: String(request.model),
    pieces,
    finish: pieces.length < all.length ? 'length' : 'stop',
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  }
}

function countUp(texts: readonly string[], counter: Counter): Piece[] {
  const count = counter.incremental()
  let upTo = 0
  return texts.map((text) => {
    count.push(text)
    // A few words of a text can have fewer tokens than the text before its last one.
    upTo = Math.max(upTo, count.end())
    return { text, upTo }
  })
}

/** A message's content is text, or parts of which some are text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isRecord(part) && typeof part.text === 'string' ? part.text : '')).join(' ')
}

function unstreamed({ id, created, model, pieces, finish, usage }: DemoAnswer) {
  const content = pieces.map(({ text }) => text).join('')
  const message = { role: 'assistant', content, refusal: null }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }]
  return { id, object: 'chat.completion', created, model, choices, usage }
}

interface Timed {
  /** Milliseconds after the question. */
  at: number
  text: string
}

/** The events of the streamed answer, each with its time at `speed` 1. */
function* events(answer: DemoAnswer, request: ChatRequest, pace: Pace): Generator<Timed> {
  const { id, created, model, pieces, finish, usage } = answer
  const includeUsage = request.stream_options?.include_usage === true
  const chunk = (fields: Pick<ChatChunk, 'choices'> & { usage?: Usage | null }) =>
    encodeEvent({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      ...(includeUsage && { usage: null }),
      ...fields,
    })
  const delta = (delta: ChatChunk['choices'][number]['delta'], finish_reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] })

  let at = pace.token(1)
  yield { at, text: delta({ role: 'assistant', content: '', refusal: null }) }
  for (const { text, upTo } of pieces) {
    at = pace.token(upTo)
    yield { at, text: delta({ content: text }) }
  }
  yield { at, text: delta({}, finish) }
  if (includeUsage) yield { at, text: chunk({ choices: [], usage }) }
  yield { at, text: encodeEvent(DONE) }
}

function streamed(
  answer: DemoAnswer,
  request: ChatRequest,
  { pace, speed, asked }: { pace: Pace; speed: number; asked: number },
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const rest = events(answer, request, pace)
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const { done, value } = rest.next()
      if (done) {
        controller.close()
        // A BYOB reader waits until its buffer is returned.
        controller.byobRequest?.respond(0)
        return
      }
      await until(asked + value.at / speed, signal)
      controller.enqueue(toBytes(value.text))
    },
  })
}

const eventStream = (body: ReadableStream<Uint8Array>) =>
  new Response(body, { headers: { 'content-type': EVENT_STREAM } })

/** Waits for a moment. @throws the signal's reason, as `fetch` does */
async function until(time: number, signal: AbortSignal): Promise<void> {
  await sleep(time - Date.now(), signal)
  signal.throwIfAborted()
}
