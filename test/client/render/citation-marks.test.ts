import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withoutCitationMarks } from '../../../client/render/parse/citation-marks.ts'
import { createParser } from '../../../client/render/parse/parser.ts'
import { render } from './examples.ts'
import { cutAt, pieceLengths } from './random-markdown.ts'
import { createTree, toHtml } from './tree.ts'

const LONG = 'x'.repeat(3000)

test.each([
  ['whole', 'a.\uE200cite\uE202turn0search0\uE201 b', '<p>a. b</p>'],
  ['with several ids', 'a\uE200filecite\uE202turn0file1\uE202L1-L2\uE201.', '<p>a.</p>'],
  ['with words', 'a\uE200navlist\uE202The news\uE202turn0news1,turn0news2\uE201', '<p>a</p>'],
  [
    'in emphasis and code',
    '**a**\uE200cite\uE202b\uE201 `c\uE200cite\uE202d\uE201`',
    '<p><strong>a</strong> <code>c</code></p>',
  ],
  ['cut by the end', 'a\uE200cite\uE202turn0sea', '<p>a</p>'],
  ['cut in its keyword', 'a\uE200ci', '<p>a</p>'],
  ['cut by a line end', 'a\uE200cite\uE202turn0\nb', '<p>a\nb</p>'],
  ['cut by another', 'a\uE200cite\uE202turn0\uE200cite\uE202turn1\uE201b', '<p>ab</p>'],
  ['without an end, before more text', 'a\uE200cite\uE202turn0 b', '<p>a b</p>'],
  ['without an end, before long text', `a\uE200cite\uE202turn0 ${LONG}`, `<p>a ${LONG}</p>`],
  ['without a beginning', 'a\uE202turn0\uE201b', '<p>aturn0b</p>'],
])('a mark %s is not seen', (_, markdown, html) => {
  expect(render([markdown])).toBe(html)
  expect(render(markdown)).toBe(html)
})

test('no part of a mark is seen while it arrives', () => {
  const tree = createTree()
  const parser = createParser(tree)
  for (const char of 'a\uE200cite\uE202turn0search0\uE201') {
    parser.write(char)
    parser.preview()
    expect(toHtml(tree.root)).toMatch(/^(?:<p>a?<\/p>)+$/)
  }
})

test('what is copied is what is seen, in any pieces', () => {
  const text = fc
    .array(fc.constantFrom('\uE200', '\uE201', '\uE202', 'cite', 'turn0', ' ', '\n', '\r\n', '😀', LONG), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, pieceLengths, (text, lengths) => {
      const whole = render([text])
      expect(render(cutAt(text, lengths))).toBe(whole)
      expect(render([withoutCitationMarks(text)])).toBe(whole)
      expect(whole).not.toMatch(/[\uE200-\uE202]/)
    }),
    { numRuns: 200 },
  )
})
