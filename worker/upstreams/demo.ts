/**
 * The upstream of a deployment without a key. It speaks both of OpenAI's wire formats in process, at no cost
 * and without a network. Its answers were written beforehand (demo-answers/), and say so.
 */

import type { KnownUpstream } from '../config/upstreams.ts'
import { encodeSse, toBytes } from '../protocol/encode.ts'
import { isRecord } from '../protocol/json.ts'
import { DEMO_MODEL, EVENT_STREAM } from '../protocol/wire.ts'
import { sleep } from '../sleep.ts'
import { countChat } from '../tokens/chat.ts'
import type { Counter } from '../tokens/counter.ts'
import { type AnswerPiece, answerTo } from './demo-answers/prepared.ts'
import { CHAT } from './demo-forms/chat.ts'
import type { DemoAnswer, DemoForm, DemoPiece, Pace, Timed } from './demo-forms/form.ts'
import { RESPONSES } from './demo-forms/responses.ts'
import { FLAG } from './demo-judge.ts'
import type { Upstream } from './upstream.ts'

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
export function demo({ speed: configured, counter }: DemoOptions, known: KnownUpstream): Upstream {
  async function answer(request: Record<string, unknown>, form: DemoForm, signal: AbortSignal) {
    const asked = Date.now()
    const { pace, speed } = paceOf(request, configured)
    const answer = compose(request, form, counter())
    if (request.stream === true) {
      return eventStream(timed(form.events(answer, request, pace), { asked, speed }, signal))
    }
    await until(asked + pace.whole(answer.usage.completion_tokens) / speed, signal)
    return Response.json(form.whole(answer), { headers: { 'x-request-id': answer.id } })
  }

  return {
    ...known,
    host: 'demo',
    async call({ path, body }, signal) {
      // Admission has checked the request. A field that is missing has a default.
      const request = body && JSON.parse(new TextDecoder().decode(body))
      if (path === '/chat/completions') return answer(request, CHAT, signal)
      if (path === '/responses') return answer(request, RESPONSES, signal)
      // The one other call with a body: how many tokens its prompt has.
      if (request !== undefined) {
        const { messages } = RESPONSES.read(request)
        const input_tokens = countChat(messages, DEMO_MODEL, counter())
        return Response.json({ object: 'response.input_tokens', input_tokens })
      }
      const id = path.split('/models/')[1]
      const model = { id: id ?? DEMO_MODEL, object: 'model', created: 0, owned_by: 'millrace' }
      return Response.json(id === undefined ? { object: 'list', data: [model] } : model)
    },
  }
}

/**
 * The race asks for the measured pace, by the field `demo_speed`: up to a hundred times as fast as measured.
 */
function paceOf(
  { demo_speed: asked }: Record<string, unknown>,
  configured: number,
): { pace: Pace; speed: number } {
  if (typeof asked !== 'number' || !(asked >= 1)) return { pace: USUAL, speed: configured }
  return { pace: MEASURED, speed: configured * Math.min(asked, 100) }
}

function compose(request: Record<string, unknown>, form: DemoForm, counter: Counter): DemoAnswer {
  const { messages, most } = form.read(request)
  const question = textOf(messages.findLast(({ role }) => role === 'user')?.content)
  const known = answerTo(question.replace(FLAG_THE_ANSWER, ''))
  const flagged = FLAG_THE_ANSWER.test(question)
  const all = countUp(flagged ? known.toSpliced(known.length >> 1, 0, { text: ` ${FLAG}` }) : known, counter)
  const pieces = typeof most === 'number' && most >= 0 ? all.filter(({ upTo }) => upTo <= most) : all
  const prompt = countChat(messages, DEMO_MODEL, counter)
  const completion = counter.count(pieces.map(({ text }) => text).join(''))
  return {
    id: crypto.randomUUID().replaceAll('-', ''),
    question,
    created: Math.floor(Date.now() / 1000),
    model: String(request.model),
    pieces,
    isCut: pieces.length < all.length,
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  }
}

function countUp(pieces: readonly AnswerPiece[], counter: Counter): DemoPiece[] {
  const count = counter.incremental()
  let upTo = 0
  return pieces.map((piece) => {
    count.push(piece.text)
    // A few words of a text can have fewer tokens than the text before its last one.
    upTo = Math.max(upTo, count.end())
    return { ...piece, upTo }
  })
}

/** A message's content is text, or parts of which some are text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isRecord(part) && typeof part.text === 'string' ? part.text : '')).join(' ')
}

/** @param begun the time of the question, and by what the times of the events are divided */
function timed(
  events: Iterator<Timed>,
  { asked, speed }: { asked: number; speed: number },
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const { done, value } = events.next()
      if (done) {
        controller.close()
        // A BYOB reader waits until its buffer is returned.
        controller.byobRequest?.respond(0)
        return
      }
      await until(asked + value.at / speed, signal)
      controller.enqueue(toBytes(encodeSse(value)))
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
