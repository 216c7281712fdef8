import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCharClasses, OTHER } from '../../worker/tokens/char-classes.ts'
import { type PreTokenEnd, preTokens, UNSETTLED } from '../../worker/tokens/pre-tokens.ts'
import { ENCODINGS } from './encodings.ts'
import { CODE, LANGUAGES, ODD, randomText, TELLING } from './texts.ts'

function split(text: string, preTokenEnd: PreTokenEnd): string[] {
  const pieces: string[] = []
  for (let from = 0; from < text.length; ) {
    const to = preTokenEnd(text, from)
    pieces.push(text.slice(from, to))
    from = to
  }
  return pieces
}

describe.each(ENCODINGS)('pre-tokens, $encoding', ({ pattern, ranks: { preTokenEnd } }) => {
  const bySource = (text: string) => text.match(pattern) ?? []

  test.each(Object.entries({ ...CODE, ...LANGUAGES, ...ODD }))(
    '%s: as by the source’s pattern',
    (_, text) => {
      expect(split(text, preTokenEnd)).toEqual(bySource(text))
    },
  )

  test('random texts: as by the source’s pattern', () => {
    const property = fc.property(randomText, (text) => {
      expect(split(text, preTokenEnd)).toEqual(bySource(text))
    })
    fc.assert(property, { numRuns: 1000 })
  })

  test('every character, alone and before and after a letter: as by the source’s pattern', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code)
      const text = `a${character}A${character}${character}b`
      if (split(text, preTokenEnd).join('\0') !== bySource(text).join('\0')) {
        expect.fail(`U+${code.toString(16)} splits ${JSON.stringify(text)} otherwise`)
      }
    }
  })

  test(`every short text over the characters that matter: the same, and all but ${UNSETTLED} are settled`, () => {
    let texts = 0
    function visit(text: string, settled: readonly string[]): void {
      const pieces = split(text, preTokenEnd)
      if (pieces.join('\0') !== bySource(text).join('\0'))
        expect.fail(`${JSON.stringify(text)} splits otherwise`)
      if (settled.some((piece, i) => pieces[i] !== piece)) {
        expect.fail(`${JSON.stringify(settled)} was not settled: ${JSON.stringify(pieces)}`)
      }
      texts++
      if ([...text].length < 4) for (const next of TELLING) visit(text + next, pieces.slice(0, -UNSETTLED))
    }
    visit('', [])
    expect(texts).toBe((TELLING.length ** 5 - 1) / (TELLING.length - 1))
  })
})

test('unknown rules in a file are refused', () => {
  const chars = createCharClasses(new Uint8Array(4352), new Uint8Array(256).fill(OTHER))
  expect(() => preTokens(9, chars)).toThrow(TypeError)
  expect(() => preTokens(-1, chars)).toThrow(TypeError)
})
