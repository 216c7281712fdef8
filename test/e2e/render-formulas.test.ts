/** Formulas as MathML: the same however the answer is cut, within bounds, and copied as their source. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { HARD_TEXTS } from '../client/render/hard-texts.ts'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

const ANSWER = `The roots of \\(ax^2 + bx + c\\) are real if $b^2 \\ge 4ac$, and cost $5 or $6.

$$
x = \\frac{-b \\pm \\sqrt{b^2-4ac}}{2a}
$$

- an item with \\(e^{i\\pi} + 1 = 0\\), and \`$code$\`
- \\[ \\sum_{i=1}^n x_i \\]

| $a$ | *b* |
|-|-|
| \\(c\\) | \`\\(d\\)\` |

\\[
\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}
\\]
`

/** Renders the parts, and waits until the formulas are shown. @returns the answer's markup */
async function render(page: Page, parts: readonly string[], shown = true): Promise<string> {
  await page.evaluate((parts) => {
    const { createRenderer, createFormula, labels, answer } = millrace
    answer.replaceChildren()
    const renderer = createRenderer(answer, { labels, createFormula })
    for (const part of parts) renderer.write(part)
    renderer.end()
  }, parts)
  if (shown) await page.waitForFunction(() => !document.querySelector('.formula:not([data-spoken])'))
  return page.evaluate(() => millrace.answer.innerHTML)
}

const pieces = (text: string, chars: number) =>
  Array.from({ length: Math.ceil(text.length / chars) }, (_, at) => text.slice(at * chars, (at + 1) * chars))

test('are the same elements however the answer is cut', async () => {
  const page = await rendering.open()
  const whole = await render(page, [ANSWER])
  expect(whole.match(/<math/g)).toHaveLength(8)
  expect(whole).toContain('<annotation encoding="application/x-tex">ax^2 + bx + c</annotation>')
  for (const chars of [1, 2, 3, 7, 50]) expect(await render(page, pieces(ANSWER, chars))).toBe(whole)
})

test('without the option they are the text that they were written as', async () => {
  const page = await rendering.open()
  const texts = await page.evaluate((text) => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    for (const char of text) renderer.write(char)
    renderer.end()
    return Array.from(answer.querySelectorAll('p'), (block) => block.textContent)
  }, ANSWER)
  expect(texts[0]).toBe('The roots of \\(ax^2 + bx + c\\) are real if $b^2 \\ge 4ac$, and cost $5 or $6.')
  expect(texts[1]).toBe('$$\nx = \\frac{-b \\pm \\sqrt{b^2-4ac}}{2a}\n$$')
})

test.each([
  ['a \\(\\frac{a}{b', '}\\)'],
  ['a $$\\frac{a}{b', '}$$'],
  ['a $\\frac{a}{b}', '$ b'],
  ['$$\n\\frac{a}{b}\n', '$$\n'],
])('%j is text, and a formula once %j comes', async (half, rest) => {
  const page = await rendering.open()
  // The part is there.
  await render(page, ['$x$'])
  const seen = await page.evaluate(
    async ([half, rest]) => {
      const { createRenderer, createFormula, labels, answer } = millrace
      const soon = () => new Promise((resolve) => setTimeout(resolve))
      answer.replaceChildren()
      const renderer = createRenderer(answer, { labels, createFormula })
      renderer.write(half)
      await soon()
      const before = [answer.querySelectorAll('math').length, answer.textContent]
      renderer.write(rest)
      await soon()
      return [before, answer.querySelectorAll('math').length]
    },
    [half, rest] as const,
  )
  expect(seen).toEqual([[0, half.trim()], 1])
})

test('what stands before a formula keeps its nodes and its selection', async () => {
  const page = await rendering.open()
  const kept = await page.evaluate(() => {
    const { createRenderer, createFormula, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels, createFormula })
    renderer.write('Some words, \\(x\\) and ')
    const [text] = answer.firstElementChild?.childNodes ?? []
    const formula = answer.querySelector('.formula')
    if (text) getSelection()?.setBaseAndExtent(text, 0, text, 4)
    renderer.write('more \\(y')
    renderer.write('\\), on.\n\n$$\nz\n$$\n')
    renderer.end()
    return [String(getSelection()), answer.querySelector('.formula') === formula, text?.isConnected]
  })
  expect(kept).toEqual(['Some', true, true])
})

test.each([
  ['a mistake', '\\frac{a}'],
  ['an unknown name', '\\unheardof{x}'],
  ['what runs without end', '\\def\\a{\\a\\a}\\a'],
  ['what has millions of signs', `\\def\\a{${'x'.repeat(1900)}}${'\\a'.repeat(900)}`],
  ['what is too long', 'x+'.repeat(50_000)],
  ['braces in braces', '{'.repeat(1900) + '}'.repeat(1900)],
  ['fractions in fractions', '\\frac1'.repeat(600)],
  ['roots in roots', `${'\\sqrt'.repeat(700)}x`],
  ['fences in fences', '\\left('.repeat(300) + '\\right)'.repeat(300)],
  ['long chemistry', `\\pu{${'1 m/s '.repeat(600)}}`],
  ['an address', '\\href{https://evil.test}{x}'],
  ['a style', '\\style{color:red}{x}'],
])('%s stays as it is written', async (_, tex) => {
  const page = await rendering.open()
  await render(page, ['$x$'])
  await render(page, pieces(`\\(${tex}\\)`, 1000), false)
  const shown = await page.evaluate(async () => {
    await new Promise((resolve) => setTimeout(resolve))
    const { answer } = millrace
    return [answer.textContent, answer.querySelectorAll('math').length]
  })
  expect(shown).toEqual([`\\(${tex}\\)`, 0])
})

test.each(['math', 'math blocks', 'open display math'])(
  'all of %s becomes formulas, task by task',
  async (name) => {
    const page = await rendering.open()
    const text = HARD_TEXTS[name]?.(3000) ?? ''
    await render(page, pieces(text, 100), false)
    const formulas = text.match(/\$a\$|\$\$\na\n\$\$|\$\$a \$\$/g)?.length ?? 0
    await expect
      .poll(() => page.evaluate(() => millrace.answer.querySelectorAll('math').length))
      .toBe(formulas)
  },
)

test('a wide one scrolls in its own box, by keyboard too, and never widens the page', async () => {
  const page = await rendering.open()
  await page.setViewportSize({ width: 320, height: 600 })
  const wide = Array.from({ length: 30 }, (_, at) => `x_{${at}}`).join(' + ')
  await render(page, [`a \\(${wide}\\) b\n\n\\[${wide}\\]\n\n| \\(${wide}\\) |\n|-|\n\n\\(x\\)`])
  await page.waitForFunction(() => document.querySelectorAll('.formula[tabindex]').length >= 2)
  expect(
    await page.evaluate(() => ({
      page: document.documentElement.scrollWidth,
      wide: Array.from(document.querySelectorAll('p > .formula'), (each) => [
        (each as HTMLElement).tabIndex,
        each.getBoundingClientRect().right <= innerWidth,
      ]),
    })),
  ).toEqual({
    page: 320,
    wide: [
      [0, true],
      [0, true],
      [-1, true],
    ],
  })
})

test('nothing of a formula is drawn outside of its box', async () => {
  const page = await rendering.open()
  await render(page, [
    'Words.\n\n\\(\\hspace{-40em}\\raisebox{30em}{x}\\rule{900em}{900em}\\)\n\n\\[\\smash{\\rule{30em}{30em}}\\]\n\nMore.',
  ])
  const boxes = await page.evaluate(() =>
    Array.from(document.querySelectorAll<HTMLElement>('.formula'), (each) => {
      const { overflowX, overflowY } = getComputedStyle(each)
      return [overflowX, overflowY, each.offsetHeight < 2000]
    }),
  )
  expect(boxes).toEqual([
    ['auto', 'hidden', true],
    ['auto', 'hidden', true],
  ])
})

test('a selection is copied with the source of its formulas', async () => {
  const page = await rendering.open()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await render(page, ['The roots of \\(x^2\\) are\n\n$$\n\\frac{a}{b}\n$$\n\nand $y$.'])
  await page.evaluate(() => getSelection()?.selectAllChildren(millrace.answer))
  await page.keyboard.press('Control+c')
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied.trim()).toBe('The roots of \\(x^2\\) are\n\n$$\n\\frac{a}{b}\n$$\n\nand $y$.')
  await page.waitForFunction(() => !document.querySelector('[data-copied]'))
})

test('a screen reader is given the formula as mathematics, and its source only as an annotation', async () => {
  const page = await rendering.open()
  await render(page, ['The root \\(\\sqrt{x}\\) is'])
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const told = nodes.filter(({ ignored }) => !ignored)
  expect(told.map(({ role }) => role?.value)).toEqual(
    expect.arrayContaining(['MathMLMath', 'MathMLSquareRoot', 'MathMLIdentifier']),
  )
  expect(told.map(({ name }) => name?.value ?? '').join(' ')).not.toContain('sqrt')
})

test.each([
  ['E = mc^2', 'E = m c to the power of 2'],
  ['x_i', 'x sub i'],
  ['x_i^2', 'x sub i to the power of 2'],
  ['\\frac{a}{b}', 'a over b'],
  ['1 + \\frac{a + b}{2c} = 0', '1 +, a + b over 2 c, = 0'],
  ['\\sqrt{x}', 'root of x'],
  ['\\sqrt[3]{x}', '3 root of x'],
  ["f'(x)", 'f′ ( x )'],
  ['\\sum_{i=1}^n x', '∑ from i = 1 to n x'],
  ['\\int_0^1 x', '∫ from 0 to 1 x'],
  ['\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}', '( 1, 2; 3, 4 )'],
  ['\\text{if } x \\ge 0', 'if x ≥ 0'],
  ['a \\phantom{b} c', 'a c'],
])('%s is spoken as %j', async (tex, spoken) => {
  const page = await rendering.open()
  await render(page, [`\\(${tex}\\)`])
  expect(await page.evaluate(() => document.querySelector<HTMLElement>('.formula')?.dataset.spoken)).toBe(
    spoken,
  )
})
