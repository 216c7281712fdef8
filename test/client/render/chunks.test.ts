import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createParser } from '../../../client/render/parse/parser.ts'
import { render, type renderTree } from './examples.ts'
import { cutAt, pieceLengths, randomMarkdown } from './random-markdown.ts'
import { createTree } from './tree.ts'

const TIMEOUT_MS = 60_000

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

function textOf(node: ReturnType<typeof renderTree>): string {
  return node.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')
}
