import { describe, expect, test } from 'vitest'
import { clientError, serverError } from '../../../../client/stream/chat-error.ts'
import { createUnjudged } from '../../../../client/stream/unjudged.ts'
import { showAnswer } from '../../../../client/widget/talk/answer.ts'
import { passedAnswer, type Turn } from '../../../../client/widget/talk/conversation.ts'
import type { TurnView } from '../../../../client/widget/view/turn-view.ts'
import type { ChatChunk } from '../../../../worker/formats/chat-completions/wire.ts'
import { chunk } from '../../bodies.ts'

const lost = clientError('network', 'reset')

/** Reads a stream of these chunks from its beginning, where this much of an answer is there already. */
async function goOn(
  there: string,
  chunks: (string | ChatChunk)[],
  fails?: Error,
  { lead = 0, before = {} }: { lead?: number; before?: Partial<Turn> } = {},
) {
  const turn: Turn = {
    question: 'Why?',
    answer: there,
    pending: { key: 'k', id: 's', askedAt: 0 },
    ...before,
  }
  const unjudged = createUnjudged()
  unjudged.opened(new Headers({ 'moderation-retract-chars': String(lead) }))
  /** What would be stored after each chunk. */
  const stored: string[] = []
  let shown = there
  const told: string[] = []
  const view = {
    append: (text: string) => {
      shown += text
    },
    shorten: (text: string) => {
      shown = text
    },
    clear: () => {
      shown = ''
    },
  }
  const others = new Proxy(view, { get: (own, name) => own[name as keyof typeof own] ?? (() => {}) })
  async function* read() {
    for (const next of chunks.map((next) => (typeof next === 'string' ? chunk(next) : next))) {
      unjudged.see(next)
      yield next
      stored.push(passedAnswer(turn))
    }
    if (!fails) return
    const back = unjudged.brokeOff(fails)
    if (back) yield back
    throw fails
  }
  const { ended } = showAnswer(turn, others as unknown as TurnView, {
    open: () => ({
      id: 's',
      lastEventId: 0,
      unjudged: (choice = 0) => unjudged.chars(choice),
      stop: async () => {},
      [Symbol.asyncIterator]: read,
    }),
    resumed: true,
    kept: () => told.push('kept'),
    begun: (goesOn) => told.push(goesOn ? 'goes on' : 'begun'),
    named() {},
    awaited: () => 'answer',
    online: () => true,
    reconnecting() {},
    unsent() {},
    grown: (text) => told.push(text),
    shortened() {},
    progress() {},
    passed() {},
  })
  const { end } = await ended
  expect(turn.unjudged).toBeUndefined()
  return { shown, answer: turn.answer, end, told, note: turn.note, stored }
}

const retract = (chars: number): ChatChunk => ({
  ...chunk(''),
  choices: [],
  millrace: { state: 'moderated', usage_source: 'upstream', retract: { 0: chars } },
})

describe('an answer that goes on, and comes from its beginning once more', () => {
  test.each([
    ['at the same places', ['One ', 'two ', 'three.']],
    ['at others', ['One two th', 'ree.']],
  ])('is told from where it was, cut %s', async (_, chunks) => {
    const { told, ...rest } = await goOn('One two ', chunks)
    expect(rest).toMatchObject({ shown: 'One two three.', answer: 'One two three.', end: 'done' })
    expect([told.slice(0, 2), told.slice(2).join('')]).toEqual([['kept', 'goes on'], 'three.'])
  })

  test('is told with nothing, where nothing is new', async () => {
    expect(await goOn('One two.', ['One ', 'two.'])).toMatchObject({
      shown: 'One two.',
      answer: 'One two.',
      end: 'done',
      told: ['kept'],
      note: undefined,
    })
  })

  test('stays as it was where it can’t be had', async () => {
    const { told, ...rest } = await goOn('One two ', ['One '], new Error('lost'))
    expect([rest, told]).toMatchObject([{ shown: 'One two ', answer: 'One two ', end: 'failed' }, ['kept']])
  })

  test('is another one, and is told from its beginning', async () => {
    const { told, ...rest } = await goOn('One two ', ['One ', 'and ', 'a half.'])
    expect(rest).toMatchObject({ shown: 'One and a half.', answer: 'One and a half.' })
    expect(told).toEqual(['kept', 'begun', 'One and ', 'a half.'])
    expect(await goOn('One two ', ['One '])).toMatchObject({ shown: 'One ', answer: 'One ', end: 'done' })
  })

  test.each([
    ['of what was there', 'One βόμβα', ['One ', 'βόμβα']],
    ['of what is new', 'One ', ['One ', 'βόμβα']],
    ['that had gone', 'One', ['One ', 'βόμβα']],
  ])('loses what is taken back %s', async (_, there, chunks) => {
    const whole = await goOn(there, [...chunks, retract(6)])
    expect(whole).toMatchObject({ shown: 'One', answer: 'One', end: 'withheld', note: 'withheld' })
  })
})

/** The upstream ends the answer there, or the Worker that has let through what came before. */
const filtered: ChatChunk = {
  ...chunk(''),
  choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }],
}

describe('an answer that moderation stops', () => {
  test.each([
    ['One two thr', 'One two '],
    ['One two. ', 'One two. '],
    ['One two.', 'One two.'],
    ['水車を回す水', '水車を回す'],
    ['Half', ''],
  ])('%j ends at a word: %j', async (came, ends) => {
    const { note, ...rest } = await goOn('', [came, filtered])
    expect(rest).toMatchObject({ shown: ends, answer: ends, end: 'withheld' })
    expect(note).toBe(ends === '' ? 'withheld-all' : 'withheld')
  })

  test('keeps its last word where that is known to be whole', async () => {
    expect(await goOn('', ['One two bad', retract(4)])).toMatchObject({ shown: 'One two', end: 'withheld' })
    expect(await goOn('', ['One twofold', retract(4)])).toMatchObject({ shown: 'One ', end: 'withheld' })
  })
})

const refusal = (text: string): ChatChunk => ({
  ...chunk(''),
  choices: [{ index: 0, delta: { refusal: text }, finish_reason: null }],
})

const ends = (finish: string): ChatChunk => ({
  ...chunk(''),
  choices: [{ index: 0, delta: {}, finish_reason: finish }],
})

describe('text that moderation may still take back', () => {
  const four = { lead: 4 }

  test.each<[string, string, (string | ChatChunk)[], string[]]>([
    ['is not stored', '', ['One ', 'two ', 'three'], ['', 'One ', 'One two t']],
    ['is not stored, nor half a character', '', ['a🎉bcd'], ['a']],
    ['is all of a refusal', '', ['One two ', refusal('No.'), 'three'], ['One ', 'One ', 'One two ']],
    ['is stored with its end', '', ['One two', ends('stop')], ['One', 'One two']],
    ['is not what was stored before', 'One ', ['One ', 'two ', 'three'], ['One ', 'One ', 'One two t']],
    ['is not what was stored of more than came', 'One two ', ['One '], ['One two ']],
    ['is what was stored of another answer', 'Two ', ['One ', 'more'], ['', 'One ']],
  ])('%s', async (_, there, chunks, expected) => {
    const { stored, answer, shown } = await goOn(there, chunks, lost, four)
    expect(stored).toEqual(expected)
    // Nor does it stay where the stream breaks off.
    expect([shown, answer]).toEqual([expected.at(-1), expected.at(-1)])
  })

  test('goes where there is nothing else', async () => {
    const whole = await goOn('', ['βόμβα'], lost, { lead: 1_000 })
    expect(whole).toMatchObject({ shown: '', answer: '', stored: [''], end: 'failed' })
  })

  test.each<[string, Error | undefined]>([
    ['the answer is whole', undefined],
    [
      'the server ended it with an error',
      serverError({ message: 'Cut.', type: 'server_error', param: null, code: 'upstream_truncated' }, {}),
    ],
  ])('stays once %s', async (_, fails) => {
    const end = fails ? [] : [{ ...ends('stop'), choices: [], millrace: { state: 'done' as const } }]
    const whole = await goOn('', ['One ', 'two', ...end], fails, four)
    expect(whole).toMatchObject({ shown: 'One two', answer: 'One two' })
  })

  test('is none where nothing is taken back', async () => {
    const { stored, shown } = await goOn('', ['One ', 'two'], lost)
    expect([stored, shown]).toEqual([['One ', 'One two'], 'One two'])
  })

  test('does not touch a whole answer before its next attempt has text', async () => {
    const whole = await goOn('Old', [], lost, { ...four, before: { end: 'done' } })
    expect(whole).toMatchObject({ shown: 'Old', answer: 'Old' })
  })
})
