/** Turns of every kind, and a browser's stores. */
import fc from 'fast-check'
import { ENDS, NOTES, RATINGS, type Turn } from '../../../../client/widget/talk/conversation.ts'
import type { TextStore } from '../../../../client/widget/talk/shelf.ts'

export const done = (question: string, answer = 'Because.'): Turn => ({ question, answer, end: 'done' })

export const running: Turn = {
  question: 'How?',
  answer: 'By',
  pending: { key: 'k', id: 'str_1', askedAt: 7 },
}

/** Also half characters, which a stream's end can leave. */
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constant('\ud800'))
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })

const more = {
  speed: fc.record({
    firstTokenMs: maybe(amount),
    tokens: amount,
    counted: fc.constantFrom('usage', 'estimate', 'deltas'),
    tokensPerSecond: maybe(amount),
  }),
  note: fc.constantFrom(...NOTES),
  trouble: fc.record({
    code: maybe(text),
    status: maybe(amount),
    message: text,
    requestId: maybe(text),
    retryAfterMs: amount,
    began: fc.boolean(),
    at: amount,
  }),
  rating: fc.constantFrom(...RATINGS),
  sources: fc.array(
    fc.record(
      { title: text, start: fc.nat(), end: fc.constant(0), url: text },
      { requiredKeys: ['title', 'start', 'end'] },
    ),
  ),
  sentWith: fc.nat(),
  pictures: fc.array(fc.constant({}), { maxLength: 4 }),
}

const pending = fc.record(
  {
    key: fc.stringMatching(/^[!-~]{1,40}$/),
    askedAt: amount,
    id: fc.stringMatching(/^(?:str|resp)_[\w-]{1,40}$/),
    model: text,
  },
  { requiredKeys: ['key', 'askedAt'] },
)

/** Whatever the widget may want to keep: over, or still to come, or both. */
export const anyTurn: fc.Arbitrary<Turn> = fc.oneof(
  fc.record(
    { question: text, answer: text, end: fc.constantFrom(...ENDS), pending, ...more },
    { requiredKeys: ['question', 'answer', 'end'] },
  ),
  fc.record(
    { question: text, answer: text, pending, ...more },
    { requiredKeys: ['question', 'answer', 'pending'] },
  ),
)

/** A store with room for so many characters, as a browser counts them: names and texts. */
export function fakeStore(room = 5_000_000): TextStore & { items: Map<string, string>; writes: number } {
  const items = new Map<string, string>()
  const size = () => [...items].reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return {
    items,
    writes: 0,
    get length() {
      return items.size
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (name) => items.get(name) ?? null,
    removeItem: (name) => void items.delete(name),
    setItem(name, value) {
      const before = items.get(name)
      items.set(name, value)
      if (size() > room) {
        if (before === undefined) items.delete(name)
        else items.set(name, before)
        throw new DOMException('Full.', 'QuotaExceededError')
      }
      this.writes++
    },
  }
}

export function refusedStore(): never {
  throw new DOMException('Refused.', 'SecurityError')
}
