import { describe, expect, test } from 'vitest'
import { createParser } from '../../../client/render/parse/parser.ts'
import { render } from './examples.ts'
import { createTree, type Node } from './tree.ts'

const note = (label: string, inner: string) => `<li id="^${label}">${inner}</li>`

describe('footnotes', () => {
  test.each([
    [
      'come after the text, in the order of their references',
      'a[^2] b[^x].\n\n[^x]: *c*\n[^2]: d\n\ne',
      `<p>a<sup>^2</sup> b<sup>^X</sup>.</p><p>e</p><section>${note('2', '<p>d</p>')}${note('X', '<p><em>c</em></p>')}</section>`,
    ],
    [
      'have several blocks',
      'a[^1]\n\n[^1]: b\nc\n\n    d\n\n    - e\n\n        f\n\ng',
      `<p>a<sup>^1</sup></p><p>g</p><section>${note('1', '<p>b\nc</p><p>d</p><ul><li><p>e</p><p>f</p></li></ul>')}</section>`,
    ],
    [
      'end a paragraph, a list and a table',
      'a[^1]\n[^1]: b\n\n- c\n\n[^2]: d\n\n|e|\n|-|\n[^3]: f',
      '<p>a<sup>^1</sup></p><ul><li>c</li></ul><table><thead><tr><th>e</th></tr></thead></table>' +
        `<section>${note('1', '<p>b</p>')}${note('2', '<p>d</p>')}${note('3', '<p>f</p>')}</section>`,
    ],
    [
      'may be in quotes and items, and refer to each other',
      '> a[^1]\n>\n> [^1]: b[^3]\n\n- c[^2]\n\n  [^2]: d\n\n[^3]: e',
      '<blockquote><p>a<sup>^1</sup></p></blockquote><ul><li><p>c<sup>^2</sup></p></li></ul>' +
        `<section>${note('1', '<p>b<sup>^3</sup></p>')}${note('2', '<p>d</p>')}${note('3', '<p>e</p>')}</section>`,
    ],
    [
      'of the same label: the first is referred to, and none is lost',
      'a[^1]\n\n[^1]: b\n[^1]: c',
      `<p>a<sup>^1</sup></p><section>${note('1', '<p>b</p>')}<li id=""><p>c</p></li></section>`,
    ],
    [
      'without text',
      'a[^1]\n\n[^1]:\n\nb',
      `<p>a<sup>^1</sup></p><p>b</p><section>${note('1', '')}</section>`,
    ],
  ])('%s', (_, markdown, html) => {
    expect(render([markdown])).toBe(html)
    expect(render(markdown)).toBe(html)
  })
})

describe('a reference', () => {
  const defined = '\n\n[^1]: x\n[^two]: y'
  const section = `<section>${note('1', '<p>x</p>')}${note('TWO', '<p>y</p>')}</section>`
  test.each([
    ['follows another', '[^1][^two]', '<p><sup>^1</sup><sup>^TWO</sup></p>'],
    ['ignores case', '[^1] [^Two]', '<p><sup>^1</sup> <sup>^TWO</sup></p>'],
    ['follows an exclamation mark', 'a![^1]', '<p>a!<sup>^1</sup></p>'],
    [
      'is in a heading, a cell and emphasis',
      '# a[^1]\n\n|*b[^1]*|\n|-|',
      '<h1>a<sup>^1</sup></h1><table><thead><tr><th><em>b<sup>^1</sup></em></th></tr></thead></table>',
    ],
    ['is text in code', '`[^1]`', '<p><code>[^1]</code></p>'],
    ['is text if escaped', '\\[^1] [\\^1]', '<p>[^1] [^1]</p>'],
    ['is text in the text of a link', '[a[^1]](/u)', '<p><a href="/u">a[^1]</a></p>'],
    ['is a link if an address follows', '[^1](/u)', '<p><a href="/u">^1</a></p>'],
    ['is text if it has no label', '[^] [^ 1]', '<p>[^] [^ 1]</p>'],
    [
      'is text without a definition',
      '[^3], [^a-z] and **[^4]**',
      '<p>[^3], [^a-z] and <strong>[^4]</strong></p>',
    ],
  ])('%s', (_, markdown, html) => {
    expect(render([markdown + defined])).toBe(html + section)
    expect(render(markdown + defined)).toBe(html + section)
  })
})

test('a number is taken for a reference while its footnote may come, and shows no part of its brackets', () => {
  const tree = createTree()
  const parser = createParser(tree)
  for (const char of 'a[^12] b') {
    parser.write(char)
    parser.preview()
  }
  expect(textOf(tree.root)).not.toMatch(/[[^\]]/)
  expect(render('a[^12] b')).toBe('<p>a[^12] b</p>')
})

function textOf(node: Node): string {
  return node.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')
}
