import { describe, expect, test } from 'vitest'
import { showAnswer } from '../../../../client/widget/talk/answer.ts'
import type { Turn } from '../../../../client/widget/talk/conversation.ts'
import type { TurnView } from '../../../../client/widget/view/turn-view.ts'
import type { ChatChunk } from '../../../../worker/formats/chat-completions/wire.ts'
import { chunk } from '../../bodies.ts'

/** Reads a stream of these chunks from its beginning, where this much of an answer is there already. */
async function goOn(there: string, chunks: (string | ChatChunk)[], fails?: Error) {
  const turn: Turn = { question: 'Why?', answer: there, pending: { key: 'k', id: 's', askedAt: 0 } }
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
    for (const next of chunks) yield typeof next === 'string' ? chunk(next) : next
    if (fails) throw fails
  }
  const { ended } = showAnswer(turn, others as unknown as TurnView, {
    open: () => ({ id: 's', lastEventId: 0, stop: async () => {}, [Symbol.asyncIterator]: read }),
    resumed: true,
    kept: () => told.push('kept'),
    begun: (goesOn) => told.push(goesOn ? 'goes on' : 'begun'),
    named() {},
    reconnecting() {},
    grown: (text) => told.push(text),
    shortened() {},
  })
  const { end } = await ended
  return { shown, answer: turn.answer, end, told, note: turn.note }
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
    expect(await goOn('One two.', ['One ', 'two.'])).toEqual({
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
