import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createParser } from '../../../client/render/parse/parser.ts'
import { render, type renderTree } from './examples.ts'
import { HARD_TEXTS } from './hard-texts.ts'
import { createPreviewed } from './previewed.ts'
import { cutAt, pieceLengths, randomMarkdown } from './random-markdown.ts'
import { createTree } from './tree.ts'

const TIMEOUT_MS = 60_000

/** Text that may long mean something else, with what a preview holds back at its end. */
const LONG_OPEN_TEXTS: Record<string, (chars: number) => string> = {
  'a heading with signs': (chars) => `# [${'a # b ## c'.repeat(chars / 10)}`,
  'lines that begin like rows': (chars) => `[a\n${'|b c\nd\n'.repeat(chars / 7)}`,
  'a link that closes': (chars) => `[${'a *b* '.repeat(chars / 12)}](c) ${'**d e'.repeat(chars / 10)}`,
  'a task': (chars) => `- [ ] ![${'a `b` '.repeat(chars / 6)}`,
}

test(
  'any text in any pieces is rendered the same',
  () => {
    fc.assert(
      fc.property(randomMarkdown, pieceLengths, (text, lengths) => {
        const whole = render([text])
        expect(render(cutAt(text, [1]))).toBe(whole)
        expect(render(cutAt(text, lengths))).toBe(whole)
      }),
      { numRuns: 500 },
    )
  },
  TIMEOUT_MS,
)

test(
  'what was settled stays',
  () => {
    fc.assert(
      fc.property(randomMarkdown, (text) => {
        const tree = createTree()
        const parser = createParser(tree)
        let seen = ''
        for (const char of text) {
          parser.write(char)
          const now = textOf(tree.root)
          expect(now.startsWith(seen)).toBe(true)
          seen = now
        }
      }),
      { numRuns: 300 },
    )
  },
  TIMEOUT_MS,
)

test.each([...Object.entries(HARD_TEXTS), ...Object.entries(LONG_OPEN_TEXTS)])(
  'a continued preview of %s shows what a new one does',
  (_, textOf) => {
    const text = textOf(5000)
    const continued = createPreviewed()
    const anew = createPreviewed(false)
    for (let at = 0; at < text.length; at += 37) {
      continued.write(text.slice(at, at + 37))
      anew.write(text.slice(at, at + 37))
      expect(continued.shown()).toEqual(anew.shown())
    }
  },
)

function textOf(node: ReturnType<typeof renderTree>): string {
  return node.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')
}
