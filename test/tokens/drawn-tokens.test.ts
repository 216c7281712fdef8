import { expect, test } from 'vitest'
import { drawnTokens } from '../../worker/tokens/drawn-tokens.ts'

// The guide's own table, and its calculator's results.
test.each([
  ['gpt-image-1', 'low', '1024x1024', 272],
  ['gpt-image-1', 'medium', '1024x1024', 1056],
  ['gpt-image-1', 'high', '1024x1024', 4160],
  ['gpt-image-1.5', 'high', '1024x1536', 6240],
  ['gpt-image-1.5-2025-12-16', 'low', '1536x1024', 408],
  ['openai/gpt-image-1-mini', 'low', '1024x1024', 672],
  ['gpt-image-2', 'high', '1024x1024', 7024],
  ['gpt-image-2', 'high', '1536x1024', 5488],
  ['gpt-image-2', 'high', '1792x1024', 5063],
  ['gpt-image-2', 'high', '3584x2048', 12_329],
  ['gpt-image-2-2026-04-21', 'low', '1024x1024', 196],
])('%s, %s, %s: %i tokens', (model, quality, size, tokens) => {
  expect(drawnTokens(model, quality, size)).toBe(tokens)
})

test.each([
  ['gpt-image-1', 6240],
  ['gpt-image-2', 7024],
])('%s: what the model may choose counts as the dearest', (model, tokens) => {
  expect(drawnTokens(model)).toBe(tokens)
  expect(drawnTokens(model, 'auto', 'auto')).toBe(tokens)
})

test.each([
  ['gpt-image-2.5-sunburst', 'low', '1024x1024'],
  ['gpt-image-20', 'low', '1024x1024'],
  ['dall-e-3', 'low', '1024x1024'],
  ['gpt-image-1', 'max', '1024x1024'],
  ['gpt-image-1', 'constructor', '1024x1024'],
  ['gpt-image-1', 'low', '2048x2048'],
  ['gpt-image-2', 'low', 'large'],
  ['gpt-image-2', 'low', '0x1024'],
])('%s, %s, %s: no bound is known', (model, quality, size) => {
  expect(drawnTokens(model, quality, size)).toBeUndefined()
})
