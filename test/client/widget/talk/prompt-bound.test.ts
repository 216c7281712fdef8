import { describe, expect, test } from 'vitest'
import { LANGUAGE_FILES } from '../../../../client/widget/strings/language-files.ts'
import type { Turn } from '../../../../client/widget/talk/conversation.ts'
import {
  createPromptBound,
  expectedTokens,
  fittingTurns,
  promptTokens,
} from '../../../../client/widget/talk/prompt-bound.ts'
import { countChat } from '../../../../worker/tokens/chat.ts'
import { ALL_KINDS } from '../../../support/markdown-of-all-kinds.ts'
import { ENCODINGS } from '../../../tokens/encodings.ts'
import { LANGUAGES } from '../../../tokens/texts.ts'
import { done } from './samples.ts'

const [{ counter }] = ENCODINGS as [(typeof ENCODINGS)[0]]
const TEXTS: [string, string][] = [
  ...Object.entries(LANGUAGES),
  ...(await Promise.all(
    Object.entries(LANGUAGE_FILES).map(
      async ([language, load]): Promise<[string, string]> => [
        `the widget’s ${language}`,
        Object.values((await load()).strings).join('\n'),
      ],
    ),
  )),
  ['Markdown with code and tables', ALL_KINDS],
]

describe('a prompt that is taken to fit does fit, and what fits is not wasted', () => {
  test.each(TEXTS)('%s', (_, text) => {
    const counted = countChat([{ role: 'user', content: text }], 'gpt-5.4-mini', counter)
    const expected = promptTokens({ question: text }, [])
    expect(expected).toBeGreaterThanOrEqual(counted)
    expect(expected).toBeLessThan(3 * counted)
  })
})

test.each([
  ['', 0],
  ['abc', 1],
  ['abcd', 2],
  ['да', 1],
  ['水车', 2],
  ['abc да 水车', 5],
])('of %j are expected %i tokens', (text, tokens) => {
  expect(expectedTokens(text)).toBe(tokens)
})

describe('of the turns before a question', () => {
  const turns = [done('a', 'x'.repeat(300)), done('b', 'x'.repeat(30)), done('c', 'x'.repeat(30))]
  const all = promptTokens({ question: 'Why?' }, turns)
  test.each([
    [Number.POSITIVE_INFINITY, 3],
    [all, 3],
    [all - 1, 2],
    [promptTokens({ question: 'Why?' }, turns.slice(1)), 2],
    [promptTokens({ question: 'Why?' }, turns.slice(1)) - 1, 1],
    [promptTokens({ question: 'Why?' }, []), 0],
    [0, 0],
  ])('within %i tokens fit the last %i', (bound, count) => {
    expect(fittingTurns({ question: 'Why?' }, turns, bound)).toBe(count)
  })

  test('what moderation may still take back is not counted, as it is not sent', () => {
    expect(promptTokens({ question: 'Why?' }, [{ ...done('a', 'x'.repeat(300)), unjudged: 297 }])).toBe(
      promptTokens({ question: 'Why?' }, [done('a', 'xxx')]),
    )
  })
})

describe('the bound', () => {
  test('is what the Worker says, as long as it says so', () => {
    const bound = createPromptBound()
    expect(bound.of('m')).toBe(Number.POSITIVE_INFINITY)
    bound.told(8192)
    expect(bound.of('m')).toBe(8192)
    bound.told(undefined)
    expect(bound.of('m')).toBe(Number.POSITIVE_INFINITY)
  })

  test('is half of what was refused, for the model that refused it', () => {
    const bound = createPromptBound()
    bound.refused('m', 10_000)
    bound.refused('m', 5_000)
    expect([bound.of('m'), bound.of('n'), bound.of(undefined)]).toEqual([
      2_500,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ])
    bound.told(1_000)
    expect(bound.of('m')).toBe(1_000)
  })

  test('is not made smaller by what was sent before the Worker had said it', () => {
    const bound = createPromptBound()
    bound.told(8192)
    bound.refused('m', 50_000)
    expect(bound.of('m')).toBe(8192)
  })
})

test('what of the page is sent counts with the question that it is sent with', () => {
  const context = 'x'.repeat(300)
  const alone = promptTokens({ question: 'Why?' }, [])
  const [earlier, before] = [done('a', 'b'), { ...done('a', 'b'), context }]
  expect(promptTokens({ question: 'Why?', context }, []) - alone).toBe(100)
  expect(promptTokens({ question: 'Why?' }, [before])).toBe(promptTokens({ question: 'Why?' }, [earlier]))
  expect(fittingTurns({ question: 'Why?', context }, [earlier], alone + 50)).toBe(0)
})

test('a picture counts as what most models bill for it, unless it is gone', () => {
  const tokens = (pictures: Turn['pictures'] = []) => promptTokens({ question: 'Why?', pictures }, [])
  expect(tokens([{ url: 'data:', width: 4, height: 3 }, {}]) - tokens()).toBe(1300)
})
