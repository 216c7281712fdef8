import { expect, test } from 'vitest'
import { chargeOf, type Work } from '../../worker/accounting/charge.ts'

const PROMPT = 40
const OUTPUT = 4096
const RATE = 100
const TERMS = { promptTokens: () => PROMPT, output: OUTPUT, unseenPerSecond: RATE }

/** What was counted of an answer. */
const counted = (completion_tokens: number, { prompt = PROMPT, isFinal = false } = {}) => ({
  tokens: { prompt_tokens: prompt, completion_tokens, usage_source: 'estimated' as const },
  isFinal,
})
const cut = (completion: number, seconds: number) => ({
  lost: [],
  answer: { counted: counted(completion), isWhole: false, ms: seconds * 1000 },
})

test.each<[happened: string, Work, charged: number | undefined]>([
  ['no call was made, or it was refused', { lost: [] }, undefined],
  ['left before the first byte, after 17 s', { lost: [17_000] }, PROMPT + 17 * RATE],
  ['left at once', { lost: [0] }, PROMPT],
  ['left after 2.345 s', { lost: [2345] }, PROMPT + 235],
  ['left after ten minutes: no more than was put aside', { lost: [600_000] }, PROMPT + OUTPUT],
  ['a 504 after 10 s, twice, and then refused', { lost: [10_000, 10_000] }, 2 * (PROMPT + 10 * RATE)],
  ['three of a minute: no more than was put aside', { lost: [6e4, 6e4, 6e4] }, PROMPT + OUTPUT],
  [
    'a 504 after 10 s, and then an answer',
    { lost: [10_000], answer: { counted: counted(500, { isFinal: true }), isWhole: true, ms: 5000 } },
    PROMPT + 10 * RATE + PROMPT + 500,
  ],
  ['cut: much text, counted', cut(900, 5), PROMPT + 900],
  ['cut: one word after much thought', cut(1, 30), PROMPT + 30 * RATE],
  ['cut: more text than was put aside', cut(5000, 5), PROMPT + 5000],
  [
    'cut after the upstream’s own count',
    { lost: [], answer: { counted: counted(7, { isFinal: true }), isWhole: false, ms: 60_000 } },
    PROMPT + 7,
  ],
  [
    'whole, and counted by the upstream',
    { lost: [], answer: { counted: counted(9000, { prompt: 50, isFinal: true }), isWhole: true, ms: 9 } },
    9050,
  ],
  [
    'whole, and counted here: no work is unseen',
    { lost: [], answer: { counted: counted(20), isWhole: true, ms: 60_000 } },
    PROMPT + 20,
  ],
  [
    'whole, and without a word',
    { lost: [], answer: { counted: counted(0), isWhole: true, ms: 10_000 } },
    PROMPT + 10 * RATE,
  ],
  [
    'whole, and the count failed',
    { lost: [], answer: { counted: undefined, isWhole: true, ms: 10_000 } },
    PROMPT + 10 * RATE,
  ],
  [
    'an upstream’s prompt that is larger than was put aside, and a cut',
    { lost: [5000], answer: { counted: counted(1, { prompt: 9000 }), isWhole: false, ms: 1000 } },
    9001,
  ],
])('%s', (_, work, charged) => {
  expect(chargeOf(work, TERMS)).toBe(charged)
})

test('a prompt is not counted where all was seen', () => {
  const promptTokens = () => {
    throw new Error('It takes long.')
  }
  const work = { lost: [], answer: { counted: counted(20), isWhole: true, ms: 9 } }
  expect(chargeOf(work, { ...TERMS, promptTokens })).toBe(PROMPT + 20)
  expect(chargeOf({ lost: [] }, { ...TERMS, promptTokens })).toBeUndefined()
})
