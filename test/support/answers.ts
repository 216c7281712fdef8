/**
 * Random answers for moderation, made by fast-check: several choices and fields, cut into deltas anywhere.
 * One has a phrase whose characters occur nowhere else.
 */
import fc from 'fast-check'
import type { SseEvent } from '../../worker/protocol/event-reader.ts'
import { chunk } from './sse.ts'

/** Characters that are flagged. None of them occurs in other texts. */
export const FORBIDDEN = /[Α-Ωα-ω]/

/** At most as long as the phrases that moderation promises to see whole. */
export const phraseOf = (length: number) =>
  Array.from({ length }, (_, i) => String.fromCharCode(0x3b1 + (i % 17))).join('')

/** One text of one choice. */
interface Running {
  choice: number
  field: 'content' | 'reasoning_content' | 'arguments'
  text: string
}

export interface AnswerToJudge {
  events: SseEvent[]
  /** The flagged phrase; `undefined`: there is none. */
  phrase: string | undefined
  /** The whole content of each choice. */
  content: Map<number, string>
}

const toDelta = ({ field }: Running, text: string) =>
  field === 'arguments'
    ? { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: text } }] }
    : { [field]: text }

const event = (data: object | string): SseEvent => ({
  data: typeof data === 'string' ? data : JSON.stringify(data),
})

const chunkOf = (index: number, delta: object, finish_reason: string | null = null) =>
  event(chunk({}, { choices: [{ index, delta, finish_reason }] }))

const FIELDS: Running['field'][][] = [
  ['content'],
  ['content'],
  ['reasoning_content', 'content'],
  ['content', 'arguments'],
]

const words = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', ' ', ' ', '\n', 'é', '🎉', '"', '\\'),
  minLength: 1,
  maxLength: 300,
})

const cuts = fc.array(
  fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 8 }) }, fc.integer({ min: 1, max: 200 })),
  {
    minLength: 1,
    maxLength: 40,
  },
)

/** @param longest the phrase's greatest length in characters */
export function answersToJudge(longest: number): fc.Arbitrary<AnswerToJudge> {
  return fc
    .record({
      fields: fc.constantFrom(...FIELDS),
      choices: fc.constantFrom(1, 1, 1, 2, 3),
      bodies: fc.array(words, { minLength: 6, maxLength: 6 }),
      cuts,
      phrase: fc.option(fc.integer({ min: 1, max: longest }), { freq: 5, nil: undefined }),
      /** The phrase's place: in which text, and how far in. */
      where: fc.record({
        text: fc.nat(),
        at: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      }),
    })
    .map(({ fields, choices, bodies, cuts, phrase: length, where }) => {
      const running: Running[] = Array.from({ length: choices }, (_, choice) => choice).flatMap((choice) =>
        fields.map((field, i) => ({ choice, field, text: bodies[(choice * 2 + i) % 6] ?? '' })),
      )
      const phrase = length === undefined ? undefined : phraseOf(length)
      const target = running[where.text % running.length]
      if (phrase !== undefined && target !== undefined) {
        const at = Math.round(where.at * target.text.length)
        target.text = target.text.slice(0, at) + phrase + target.text.slice(at)
      }
      const content = new Map(
        running.filter(({ field }) => field === 'content').map(({ choice, text }) => [choice, text] as const),
      )
      return { events: toEvents(running, cuts), phrase, content }
    })
}

/** The choices take turns, and each sends its fields one after the other, as upstreams do. */
function toEvents(running: Running[], cuts: number[]): SseEvent[] {
  const rest = running.map((text) => ({ ...text }))
  const events: SseEvent[] = []
  for (const choice of new Set(running.map(({ choice }) => choice))) {
    events.push(chunkOf(choice, { role: 'assistant', content: '' }))
  }
  let turn = 0
  for (let open = rest; open.length > 0; open = open.filter(({ text }) => text !== '')) {
    const heads = [...new Map([...open].reverse().map((text) => [text.choice, text])).values()]
    const next = heads[turn % heads.length] as Running
    const size = cuts[turn++ % cuts.length] ?? 1
    events.push(chunkOf(next.choice, toDelta(next, next.text.slice(0, size))))
    next.text = next.text.slice(size)
    const last = !rest.some(({ choice, text }) => choice === next.choice && text !== '')
    if (last) events.push(chunkOf(next.choice, {}, 'stop'))
  }
  events.push(
    event(chunk({}, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } })),
  )
  events.push(event('[DONE]'))
  return events
}

/** What a reader gets from the events: each choice's content, and all readable text. */
export function readers(events: SseEvent[]): {
  content: Map<number, string>
  all: string
  finish: Map<number, string>
} {
  const content = new Map<number, string>()
  const finish = new Map<number, string>()
  let all = ''
  for (const { data } of events) {
    if (data === '[DONE]') continue
    all += data
    for (const { index, delta, finish_reason } of JSON.parse(data).choices ?? []) {
      content.set(index, (content.get(index) ?? '') + (delta.content ?? ''))
      if (finish_reason) finish.set(index, finish_reason)
    }
  }
  return { content, all, finish }
}
