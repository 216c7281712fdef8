/**
 * The upstream of a deployment without a key. It speaks OpenAI's wire format in process, at no cost and
 * without a network. It answers the founding question at the founding example's pace, and any other question
 * by saying that it is the demo.
 */

import { type ChatChunk, type ChatRequest, DONE } from '../formats/chat-completions/wire.ts'
import { encodeEvent, toBytes } from '../protocol/encode.ts'
import { isRecord } from '../protocol/json.ts'
import { EVENT_STREAM, type Usage } from '../protocol/wire.ts'
import { sleep } from '../sleep.ts'
import { FOUNDING_ANSWER } from './demo-answer.ts'
import { FLAG } from './demo-judge.ts'
import type { Upstream } from './upstream.ts'

/**
 * The founding example's times, in milliseconds: the first words of the streamed answer, all of its
 * 414 tokens (87.9 ms a token on average), and the whole of the unstreamed one.
 */
const PACE = { first: 930, streamed: 36_390, unstreamed: 31_490 }

const OTHER_ANSWER = `This is Millrace's **demo**: no model has read your question. The words you see come from the Worker itself, \
in OpenAI's wire format, at the pace of a real answer.

To have a model answer, stop the server and start it with your key:

\`\`\`sh
OPENAI_API_KEY=sk-… npm start
\`\`\`

The key stays in the Worker. No page, log or answer ever shows it.

| you have | then ask with |
|---|---|
| a browser | this page |
| a terminal | \`curl -N http://127.0.0.1:8787/chat -d 'Why is the sky blue?'\` |
| code | any OpenAI SDK, its base URL set to \`http://127.0.0.1:8787/v1\` |

Until then, the demo knows one real question:

- *Write a Python function \`plot_2d_normal\` that makes a 3D plot of a 2D Gaussian.*
- Its answer takes the times of a measured one: the first word after 0.93 s, the last after 36.4 s.
- Unstreamed, the same answer shows nothing for 31.5 s.
`

/** A question with this in it gets an answer that the demo's moderation flags halfway through. */
const FLAG_THE_ANSWER = /\[flag the answer\]/i

/** About a token each: a word with the space before it. */
const OTHER_PIECES: readonly string[] = OTHER_ANSWER.match(/ ?[^\s]+|\s+/g) ?? []

/**
 * @param speed divides all times; a request can ask for up to a hundred times as much by its field
 *   `demo_speed`, which means nothing to any other upstream
 */
export function demo({ speed: configured }: { speed: number }): Upstream {
  return {
    async chat(body, signal) {
      // Admission has checked the request. A field that is missing has a default.
      const request: ChatRequest = JSON.parse(new TextDecoder().decode(body))
      const answer = compose(request)
      const speed = configured * askedSpeed(request)
      if (request.stream) return eventStream(streamed(answer, request, speed, signal))
      const scale = answer.pieces.length / FOUNDING_ANSWER.length
      await until(Date.now() + (PACE.unstreamed * scale) / speed, signal)
      return Response.json(unstreamed(answer), { headers: { 'x-request-id': answer.id } })
    },
    models: async () => Response.json({ object: 'list', data: [] }),
  }
}

function askedSpeed({ demo_speed: asked }: ChatRequest): number {
  return typeof asked === 'number' && asked >= 1 ? Math.min(asked, 100) : 1
}

interface DemoAnswer {
  id: string
  created: number
  model: string
  pieces: readonly string[]
  finish: 'stop' | 'length'
  usage: Usage
}

function compose(request: ChatRequest): DemoAnswer {
  const question = textOf(request.messages.findLast(({ role }) => role === 'user')?.content)
  const known = /plot_2d_normal|(?:2d|two-dimensional|bivariate)\s+(?:gaussian|normal)/i.test(question)
    ? FOUNDING_ANSWER
    : OTHER_PIECES
  const all = FLAG_THE_ANSWER.test(question) ? known.toSpliced(known.length >> 1, 0, ` ${FLAG}`) : known
  const limit = request.max_completion_tokens ?? request.max_tokens
  const pieces = typeof limit === 'number' && limit >= 0 ? all.slice(0, limit) : all
  // Four characters a token: the usual rule of thumb, for words that no model reads.
  const prompt = Math.ceil(request.messages.reduce((sum, { content }) => sum + textOf(content).length, 0) / 4)
  return {
    id: `chatcmpl-demo-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: String(request.model),
    pieces,
    finish: pieces.length < all.length ? 'length' : 'stop',
    usage: { prompt_tokens: prompt, completion_tokens: pieces.length, total_tokens: prompt + pieces.length },
  }
}

/** A message's content is text, or parts of which some are text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isRecord(part) && typeof part.text === 'string' ? part.text : '')).join(' ')
}

function unstreamed({ id, created, model, pieces, finish, usage }: DemoAnswer) {
  const message = { role: 'assistant', content: pieces.join(''), refusal: null }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }]
  return { id, object: 'chat.completion', created, model, choices, usage }
}

interface Timed {
  /** Milliseconds after the question. */
  at: number
  text: string
}

/** The events of the streamed answer, each with its time at `speed` 1. */
function* events(answer: DemoAnswer, request: ChatRequest): Generator<Timed> {
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

  // The founding example's average pace, at any length. It includes the wait for the first word.
  const last = (PACE.streamed * pieces.length) / FOUNDING_ANSWER.length
  const gap = Math.max(0, (last - PACE.first) / Math.max(1, pieces.length - 1))
  let at = PACE.first
  yield { at, text: delta({ role: 'assistant', content: '', refusal: null }) }
  for (const [index, content] of pieces.entries()) {
    at = PACE.first + index * gap
    yield { at, text: delta({ content }) }
  }
  yield { at, text: delta({}, finish) }
  if (includeUsage) yield { at, text: chunk({ choices: [], usage }) }
  yield { at, text: encodeEvent(DONE) }
}

function streamed(
  answer: DemoAnswer,
  request: ChatRequest,
  speed: number,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const rest = events(answer, request)
  const asked = Date.now()
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
