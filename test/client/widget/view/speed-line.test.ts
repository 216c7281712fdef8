import { expect, test } from 'vitest'
import { strings as de } from '../../../../client/widget/strings/de.ts'
import { en } from '../../../../client/widget/strings/en.ts'
import { speedLine } from '../../../../client/widget/view/speed-line.ts'

const founding = { firstTokenMs: 930, tokens: 414, counted: 'usage', tokensPerSecond: 11.376 } as const

test('while it comes, the speed; at its end the tokens too', () => {
  expect(speedLine(founding, false, en)).toBe('First token after 0.93 s · 11.4 tokens per second')
  expect(speedLine(founding, true, en)).toBe('First token after 0.93 s · 11.4 tokens per second · 414 tokens')
})

test.each(['deltas', 'estimate'] as const)(
  'tokens counted by %s are said to be about that many',
  (counted) => {
    expect(speedLine({ ...founding, counted }, true, en)).toContain('about 414 tokens')
  },
)

test('what is not known is not said', () => {
  expect(
    speedLine({ firstTokenMs: null, tokens: 0, counted: 'deltas', tokensPerSecond: null }, true, en),
  ).toBe('')
  const single = { firstTokenMs: 12_345, tokens: 1, counted: 'usage', tokensPerSecond: null } as const
  expect(speedLine(single, true, en)).toBe('First token after 12.3 s · 1 token')
})

test('large numbers are readable', () => {
  expect(speedLine({ ...founding, tokens: 20_000, tokensPerSecond: 812.4 }, true, en)).toContain(
    '812 tokens per second · 20,000 tokens',
  )
})

test('each language writes its numbers in its own way', () => {
  const line = speedLine({ ...founding, tokens: 20_000 }, true, de)
  expect(line).toBe('Erstes Token nach 0,93 s · 11,4 Token pro Sekunde · 20.000 Token')
})
