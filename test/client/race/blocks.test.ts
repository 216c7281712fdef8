import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BLOCK_CHARS,
  type BlockPiece,
  createBlockSplitter,
  LINE_CHARS,
} from '../../../client/page/race/blocks.ts'

/** What a page would show: the blocks, each with its kind and all of its text. */
function blocksOf(parts: string[]): [kind: string, text: string][] {
  const splitter = createBlockSplitter()
  const blocks: [string, string][] = []
  const show = (pieces: BlockPiece[]) => {
    for (const { text, starts } of pieces) {
      const last = blocks.at(-1)
      if (last && starts === undefined) last[1] += text
      else blocks.push([starts ?? 'prose', text])
    }
  }
  for (const part of parts) show(splitter.push(part))
  show(splitter.end())
  return blocks
}

const textOf = (blocks: [string, string][]) => blocks.map(([, text]) => text).join('')

test('a fence is a block of its own, wherever it is cut', () => {
  const text = 'Like this:\n\n```js\nlet a\n\n``\n```\nand `this`,\n  ```\nopen'
  const expected = [
    ['prose', 'Like this:\n\n'],
    ['code', '```js\nlet a\n\n``\n```\n'],
    ['prose', 'and `this`,\n'],
    ['code', '  ```\nopen'],
  ]
  expect(blocksOf([text])).toEqual(expected)
  expect(blocksOf([...text])).toEqual(expected)
  for (let cut = 1; cut < text.length; cut++) {
    expect(blocksOf([text.slice(0, cut), text.slice(cut)])).toEqual(expected)
  }
})

test('what may become a fence is held back, and nothing else is', () => {
  const splitter = createBlockSplitter()
  expect(splitter.push('a\n``')).toEqual([{ text: 'a\n', starts: 'prose' }])
  expect(splitter.push('x')).toEqual([{ text: '``x', starts: undefined }])
  expect(splitter.push(' ``')).toEqual([{ text: ' ``', starts: undefined }])
  expect(splitter.push('\n  ')).toEqual([{ text: '\n', starts: undefined }])
  expect(splitter.end()).toEqual([{ text: '  ', starts: undefined }])
})

describe('a long text', () => {
  test('of paragraphs is cut at blank lines', () => {
    const paragraph = `${'word '.repeat(100)}\n\n`
    const blocks = blocksOf([paragraph.repeat(10)])
    expect(blocks).toHaveLength(5)
    for (const [, text] of blocks) expect(text).toBe(paragraph.repeat(2))
  })

  test('of lines is cut at their ends', () => {
    const blocks = blocksOf(['- an item\n'.repeat(2000)])
    expect(blocks.length).toBeGreaterThan(5)
    for (const [, text] of blocks) {
      expect(text.endsWith('item\n')).toBe(true)
      expect(text.length).toBeLessThan(2 * BLOCK_CHARS + 20)
    }
  })

  test('in a fence stays code', () => {
    const blocks = blocksOf([`\`\`\`\n${'let a = 1\n\n'.repeat(1000)}\`\`\`\nafter`])
    expect(blocks.length).toBeGreaterThan(4)
    expect(new Set(blocks.slice(0, -1).map(([kind]) => kind))).toEqual(new Set(['code']))
    expect(blocks.at(-1)).toEqual(['prose', 'after'])
  })

  test('of one line is cut after white space', () => {
    const blocks = blocksOf(['word '.repeat(5000)])
    expect(blocks.length).toBeGreaterThan(5)
    for (const [, text] of blocks) expect(text).toMatch(/^(word )+$/)
  })

  test('without white space is cut between characters', () => {
    const blocks = blocksOf(['x', '🎉'.repeat(3 * LINE_CHARS)])
    expect(blocks.length).toBeGreaterThan(2)
    for (const [, text] of blocks) {
      expect(text.isWellFormed()).toBe(true)
      expect(text.length).toBeLessThanOrEqual(2 * LINE_CHARS + 1)
    }
  })
})

test('the pieces are the text, and the blocks do not depend on how it came', () => {
  const piece = fc.oneof(
    fc.constantFrom('\n', '\n\n', '```', '`', '``', ' ', '    ', '🎉', 'word '),
    fc.integer({ min: 1, max: 3 * LINE_CHARS }).map((n) => 'x'.repeat(n)),
    fc.integer({ min: 1, max: 900 }).map((n) => 'a b\n'.repeat(n)),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
      const whole = blocksOf([parts.join('')])
      expect(textOf(whole)).toBe(parts.join(''))
      expect(blocksOf(parts)).toEqual(whole)
    }),
    { numRuns: 300 },
  )
})
