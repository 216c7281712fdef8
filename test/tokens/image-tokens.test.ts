/** Expected counts: the examples of OpenAI's guide "Images and vision", and its tables by hand. */
import { describe, expect, test } from 'vitest'
import { imageTokens } from '../../worker/tokens/image-tokens.ts'

const size = (width: number, height: number) => ({ width, height })
const DETAILS = ['low', 'high', 'original', 'auto', undefined, null, 'of tomorrow', 7]

test.each<[model: string, width: number, height: number, detail: string, tokens: number]>([
  ['gpt-4o', 1024, 1024, 'high', 765],
  ['gpt-4o', 2048, 4096, 'high', 1105],
  ['gpt-4o', 4096, 8192, 'low', 85],
  ['gpt-4o', 512, 512, 'auto', 255],
  ['gpt-4o', 513, 512, 'high', 425],
  ['gpt-4o', 1, 100_000, 'high', 765],
  ['gpt-4o', 4000, 3000, 'high', 765],
  ['gpt-4o', 65_535, 65_535, 'high', 765],
  ['gpt-4o-mini', 512, 512, 'high', 8500],
  ['gpt-4o-mini', 1024, 1024, 'high', 25_501],
  ['gpt-4o-mini', 1024, 1024, 'low', 2833],
  ['gpt-5', 1024, 1024, 'high', 630],
  ['o1', 1024, 1024, 'high', 675],
  ['gpt-6-astra', 1024, 1024, 'high', 1229 + 1],
  ['gpt-6-astra', 2048, 2048, 'high', 3000 + 1],
  ['gpt-6-astra', 4096, 512, 'high', 2458 + 1],
  ['gpt-6-astra', 4096, 4096, 'auto', Math.ceil(128 * 128 * 1.2) + 1],
  ['gpt-5.6-sol', 4096, 512, 'high', Math.ceil(64 * 8 * 1.2) + 1],
  ['gpt-5.6-luna', 4000, 3000, 'low', Math.ceil(16 * 12 * 1.2) + 1],
  ['gpt-5.5', 12_000, 100, 'auto', Math.ceil(188 * 2 * 1.2) + 1],
  ['gpt-5.4', 4000, 4000, 'auto', 3000 + 1],
  ['gpt-5.4', 4000, 4000, 'low', Math.ceil(4096 * 1.2) + 1],
  ['gpt-4.1-mini', 1024, 1024, 'high', Math.ceil(1024 * 1.62) + 1],
  ['gpt-4.1-nano', 2048, 2048, 'low', Math.ceil(4096 * 2.46) + 1],
  ['o4-mini', 32, 32, 'high', 2 + 1],
])('%s bills %d × %d, %s, with %d tokens', (model, width, height, detail, tokens) => {
  expect(imageTokens(model, size(width, height), detail)).toBe(tokens)
  expect(imageTokens(model, size(height, width), detail)).toBe(tokens)
})

test.each<[model: string, detail: unknown, tokens: number]>([
  ['gpt-4o', 'high', 1445],
  ['gpt-4o', undefined, 1445],
  ['gpt-4o', 'low', 85],
  ['gpt-4o-mini', 'auto', 48_169],
  ['gpt-6-astra', 'auto', 36_001],
  ['gpt-6-astra', 'high', 3001],
  ['gpt-5.5', 'original', 12_001],
  ['gpt-5.4', 'high', 3001],
  ['gpt-5.4', 'of tomorrow', 12_001],
  ['gpt-5-nano', 'auto', 10_078],
])('%s, %s: a picture of unknown size counts as %d tokens', (model, detail, tokens) => {
  expect(imageTokens(model, undefined, detail)).toBe(tokens)
})

describe('a model is known', () => {
  test.each([
    ['gpt-4o', ['gpt-4o-2024-08-06', 'openai/gpt-4o', 'ft:gpt-4o-2024-08-06:org::id', 'chatgpt-4o-latest']],
    ['gpt-4o-mini', ['gpt-4o-mini-2024-07-18', 'ft:gpt-4o-mini:org', 'openai/gpt-4o-mini:free']],
    ['gpt-4.1-mini', ['gpt-4.1-mini-2025-04-14']],
    ['gpt-4.5', ['gpt-4.5-preview', 'gpt-4.5-preview-2025-02-27']],
    ['gpt-5', ['gpt-5-2025-08-07', 'gpt-5-chat-latest']],
  ])('%s, by all its names', (model, names) => {
    for (const name of names)
      expect([name, imageTokens(name, undefined)]).toEqual([name, imageTokens(model, undefined)])
  })

  test.each([
    '',
    'llama-3',
    'gpt-4',
    'gpt-4o-audio-preview',
    'gpt-4o-huge',
    'gpt-5.7',
    'gpt-7',
    'my-gpt-4o',
    'gpt-4o-2024',
    'constructor',
  ])('and not: %j', (model) => {
    expect(imageTokens(model, size(10, 10))).toBeUndefined()
  })
})

test('no size and no detail costs more than the most, and an unknown detail no less than any', () => {
  const models = [
    'gpt-4o',
    'gpt-4o-mini',
    'gpt-5.4-nano',
    'gpt-5.5',
    'gpt-5.6-terra',
    'gpt-6-astra',
    'o4-mini',
  ]
  const sides = [1, 31, 33, 511, 513, 767, 769, 1567, 2047, 2049, 6001, 65_535, 65_536, 2 ** 32 - 1]
  for (const model of models) {
    for (const width of sides) {
      for (const height of sides) {
        const dearest = imageTokens(model, size(width, height), 'of tomorrow') as number
        for (const detail of DETAILS) {
          const tokens = imageTokens(model, size(width, height), detail) as number
          expect(Number.isSafeInteger(tokens)).toBe(true)
          expect(tokens).toBeGreaterThan(0)
          expect(tokens).toBeLessThanOrEqual(imageTokens(model, undefined, detail) as number)
          expect(tokens).toBeLessThanOrEqual(dearest)
        }
      }
    }
  }
})
