import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  lacksPictures,
  leftOutFrom,
  MAX_TITLE_CHARS,
  passedTurn,
  titleOf,
  toMessages,
} from '../../../../client/widget/talk/conversation.ts'

const first = { question: 'Why?', answer: 'Because.' }
const unanswered = { question: 'And?', answer: '' }
const asked = { question: 'How?', answer: '' }

test('the first question is sent alone', () => {
  expect(toMessages([asked], asked)).toEqual([{ role: 'user', content: 'How?' }])
})

test.each([
  [4, 'Beca'],
  [8, undefined],
])('of an answer of which %i characters may be taken back, the rest is sent along', (unjudged, sent) => {
  const messages = toMessages([{ ...first, unjudged }, asked], asked)
  expect(messages.slice(0, -1)).toEqual(
    sent
      ? [
          { role: 'user', content: 'Why?' },
          { role: 'assistant', content: sent },
        ]
      : [],
  )
})

test('what was said before is sent along, without the question that got no answer', () => {
  expect(toMessages([first, unanswered, asked], asked)).toEqual([
    { role: 'user', content: 'Why?' },
    { role: 'assistant', content: 'Because.' },
    { role: 'user', content: 'How?' },
  ])
})

test('a question that is asked again is sent without its own broken answer', () => {
  const broken = { question: 'How?', answer: 'By' }
  expect(toMessages([first, broken], broken).at(-1)).toEqual({ role: 'user', content: 'How?' })
  expect(toMessages([first, broken], broken)).toHaveLength(3)
})

describe('pictures', () => {
  const picture = (chars = 10) => ({
    url: `data:image/jpeg;base64,${'x'.repeat(chars)}`,
    width: 4,
    height: 3,
  })
  const part = ({ url }: { url: string }) => ({ type: 'image_url', image_url: { url } })
  const gone = {}

  test('are sent beside the words, with later questions too', () => {
    const shown = { question: 'What?', pictures: [picture(1), picture(2)], answer: 'A mill.' }
    expect(toMessages([shown, asked], asked)).toEqual([
      {
        role: 'user',
        content: [{ type: 'text', text: 'What?' }, part(picture(1)), part(picture(2))],
      },
      { role: 'assistant', content: 'A mill.' },
      { role: 'user', content: 'How?' },
    ])
  })

  test('go with what of the page was sent, which only the latest question has', () => {
    const shown = { question: 'What?', context: 'page 1', pictures: [picture()], answer: 'A mill.' }
    const last = { question: 'And?', context: 'page 2', pictures: [picture(), gone], answer: '' }
    expect(toMessages([shown, last], last).map(({ content }) => content)).toEqual([
      [{ type: 'text', text: 'What?' }, part(picture())],
      'A mill.',
      [{ type: 'text', text: 'page 2\n\nAnd?\n\n[Pictures no longer sent: 1]' }, part(picture())],
    ])
  })

  test('that are gone are told as such, and so are the oldest, where all are too many', () => {
    const lost = { question: 'One?', pictures: [gone], answer: 'A.' }
    const old = { question: 'Two?', pictures: [picture(1_600_000)], answer: 'B.' }
    const last = { question: 'Three?', pictures: [picture(1_600_000)], answer: '' }
    const contents = toMessages([lost, old, last], last).map(({ content }) => content)
    expect(contents).toEqual([
      'One?\n\n[Pictures no longer sent: 1]',
      'A.',
      'Two?\n\n[Pictures no longer sent: 1]',
      'B.',
      [{ type: 'text', text: 'Three?' }, part(last.pictures[0] as { url: string })],
    ])
  })

  test('are not stored: only that they were there', () => {
    const turn = { question: 'What?', pictures: [picture()], answer: '' }
    expect([lacksPictures(turn), lacksPictures(asked)]).toEqual([false, false])
    const stored = passedTurn(turn)
    expect([stored.pictures, lacksPictures(stored)]).toEqual([[gone], true])
  })
})

describe('of a question that was sent with some of the turns before it', () => {
  const turns = ['a', 'b', 'c'].map((question) => ({ ...first, question }))
  test.each([
    [undefined, ['a', 'b', 'c']],
    [9, ['a', 'b', 'c']],
    [2, ['b', 'c']],
    [0, []],
  ])('%s are the last ones', (sentWith, sent) => {
    const last = { ...asked, ...(sentWith !== undefined && { sentWith }) }
    const messages = toMessages([...turns.slice(0, 1), unanswered, ...turns.slice(1), last], last)
    const questions = messages.filter(({ role }) => role === 'user').map(({ content }) => content)
    expect(questions).toEqual([...sent, 'How?'])
  })
})

describe('older turns are left out', () => {
  const whole = { question: 'a', answer: 'A' }
  const part = { question: 'b', answer: 'B', sentWith: 0 }
  const failed = { question: 'c', answer: '', sentWith: 0 }
  const running = { ...failed, pending: { key: 'k', askedAt: 7 } }
  test.each([
    ['an empty conversation', [], undefined],
    ['one that is sent whole', [whole, whole], undefined],
    ['one that became too long', [whole, part, { ...part }], 1],
    ['one that just becomes too long', [whole, running], 1],
    ['one whose question failed', [whole, failed], undefined],
    ['one whose question failed later', [whole, part, failed], 1],
    ['one that is sent whole again', [whole, part, whole], undefined],
  ])('from %s', (_, turns, at) => {
    expect(leftOutFrom(turns)).toBe(at === undefined ? undefined : turns[at])
  })
})

describe('a title', () => {
  const title = (question: string) => titleOf({ turns: [{ question, answer: '' }, first] })

  test.each([
    ['Why?', 'Why?'],
    ['  Explain this:\n\n\tlet a = 1 \n', 'Explain this: let a = 1'],
    [
      'What is a millrace, and who was the first to build one where no river ran?',
      'What is a millrace, and who was the first to build one where…',
    ],
    [
      'Compare these, which are often mistaken for each other: mills, and weirs',
      'Compare these, which are often mistaken for each other…',
    ],
    ['x'.repeat(100), `${'x'.repeat(60)}…`],
    ['水'.repeat(100), `${'水'.repeat(60)}…`],
    [`${'x'.repeat(59)}😀😀`, `${'x'.repeat(59)}…`],
    [`\n${' '.repeat(5000)}Why?`, 'Why?'],
  ])('of %j', (question, expected) => {
    expect(title(question)).toBe(expected)
  })

  test('is the one that it was given', () => {
    expect(titleOf({ title: 'Mills', turns: [first] })).toBe('Mills')
  })

  test('of no question is empty', () => {
    expect(titleOf({ turns: [] })).toBe('')
  })

  test('is one short line, whatever was asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (question) => {
        const line = title(question)
        expect(line.length).toBeLessThanOrEqual(MAX_TITLE_CHARS + 1)
        expect(line).not.toMatch(/[\n\r\u2028\u2029]/)
        expect(line.isWellFormed()).toBe(true)
        expect(line === '').toBe(question.trim() === '')
      }),
    )
  })
})
