/** What is read as a formula, and what is not: prices, code. */
import { expect, test } from 'vitest'
import { isBounded, readFormula } from '../../../client/render/formula/formula-source.ts'
import { renderTree } from './examples.ts'
import type { Node } from './tree.ts'

const whole = (text: string) => formulasIn(renderTree([text]))

function formulasIn({ kind, attributes, children }: Node): string[] {
  const own = kind === 'formula' ? [attributes.tex ?? ''] : kind === 'math' ? [children.join('')] : []
  return [...own, ...children.flatMap((child) => (typeof child === 'string' ? [] : formulasIn(child)))]
}

test.each([
  ['a \\(x_1\\) b', ['\\(x_1\\)']],
  ['\\[x = 1\\]', ['\\[x = 1\\]']],
  ['a $$x$$ b', ['$$x$$']],
  ['a $x$ b', ['$x$']],
  ['$x$, $y$. ($z$)', ['$x$', '$y$', '$z$']],
  ['$a_b*c*$ and *$d$*', ['$a_b*c*$', '$d$']],
  ['$$\nx\n+ y\n$$', ['$$\nx\n+ y\n$$']],
  ['\\[\nx\n\\]\n\nb', ['\\[\nx\n\\]']],
  ['- \\(a\\)\n- $b$', ['\\(a\\)', '$b$']],
  ['| $a$ | b |\n|-|-|\n| \\(c\\) | d |', ['$a$', '\\(c\\)']],
  ['# $a$', ['$a$']],
  ['[$a$](https://b.test)', ['$a$']],
  ['\\(a\nb\\)', ['\\(a\nb\\)']],
  ['$\\$5$', ['$\\$5$']],
  // Prices.
  ['$5 and $6', []],
  ['from $5 to $10, or $20', []],
  ['5$ a month or 10$ in all', []],
  ['5$/month, 10$/year', []],
  ['US$5, CA$6, A$7', []],
  ['$5-$10, $5/$6, $5–$6', []],
  ['$20 million (up from $15 million)', []],
  ['**$5**, **$6**', []],
  ['$HOME and $PATH', []],
  ['$ x $', []],
  ['$5', []],
  ['a $x\ny$ b', []],
  ['\\$x\\$', []],
  // Code.
  ['`$x$` and ``\\(y\\)``', []],
  ['```\n$x$\n$$\ny\n$$\n```', []],
  ['    $x$', []],
  // What is not whole.
  ['\\(x', []],
  ['\\[x', []],
  ['$$x', []],
  ['$x', []],
  ['\\(\\)', []],
  ['$$$$', []],
  ['\\\\(x\\\\)', []],
])('%j has the formulas %j', (text, formulas) => {
  expect(whole(text)).toEqual(formulas)
  expect(formulasIn(renderTree(text))).toEqual(formulas)
})

test.each([
  ['\\(x\\)', { tex: 'x', display: false, rest: '' }],
  ['$x$', { tex: 'x', display: false, rest: '' }],
  ['\\[ x \\]', { tex: 'x', display: true, rest: '' }],
  ['$$\nx\n$$, and', { tex: 'x', display: true, rest: ', and' }],
  ['$$\nx', undefined],
  ['$$', undefined],
  ['\\[\nx', undefined],
  ['x', undefined],
  ['', undefined],
])('the source %j is %j', (source, read) => {
  const found = readFormula(source)
  if (read) expect(found).toMatchObject(read)
  else expect(found).toBeUndefined()
})

test.each([
  ['x^2', true],
  ['\\{'.repeat(100), true],
  ['\\letter \\define \\deflate', true],
  ['x'.repeat(4000), true],
  ['x'.repeat(4001), false],
  ['{'.repeat(41) + '}'.repeat(41), false],
  ['\\def\\a{\\a\\a}\\a', false],
  ['\\let\\a=\\b', false],
  ['\\newcommand{\\a}{b}', false],
  ['\\gdef\\a{b}', false],
  [`\\ce{${'H2O + '.repeat(160)}}`, true],
  [`\\pu{${'1 m/s '.repeat(200)}}`, false],
])('%#: whether TeX is read in a bounded time', (tex, bounded) => {
  expect(isBounded(tex)).toBe(bounded)
})
