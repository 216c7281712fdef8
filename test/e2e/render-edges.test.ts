/** What is wide says at which side more of it is, and lines of code have room. */
import type { Locator } from 'playwright-core'
import { expect, test } from 'vitest'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

const row = (word: string) => `| ${`${word} | `.repeat(40)}\n`
const table = (word: string) => row(word) + row('--') + row(word)

test.each([
  { name: 'code', selector: 'pre', markdown: `~~~\n${'wide '.repeat(200)}\n~~~`, start: 'left' },
  { name: 'a table', selector: '.table', markdown: table('wide'), start: 'left' },
  { name: 'a table from right to left', selector: '.table', markdown: table('واسع'), start: 'right' },
] as const)('$name fades where more follows', async ({ selector, markdown, start }) => {
  const page = await rendering.open()
  await page.evaluate((markdown) => {
    const { createRenderer, labels, answer } = millrace
    answer.style.width = '400px'
    const renderer = createRenderer(answer, { labels })
    renderer.write(markdown)
    renderer.end()
  }, markdown)
  const box = page.locator(selector)
  await box.evaluate((box) => {
    box.style.background = '#000'
    box.style.paddingBottom = '20px'
  })
  const scrollTo = (share: number) =>
    box.evaluate((box, share) => {
      const { scrollWidth, clientWidth } = box
      const direction = getComputedStyle(box).direction === 'rtl' ? -1 : 1
      box.scrollLeft = direction * share * (scrollWidth - clientWidth)
    }, share)
  const end = start === 'left' ? 'right' : 'left'
  await expect.poll(() => fadedSides(box)).toEqual([end])
  await scrollTo(0.5)
  await expect.poll(() => fadedSides(box)).toEqual(['left', 'right'])
  await scrollTo(1)
  await expect.poll(() => fadedSides(box)).toEqual([start])
  // The focus has a whole outline.
  await box.focus()
  await expect.poll(() => fadedSides(box)).toEqual([])
})

test('what fits does not fade, and has no mask to paint', async () => {
  const page = await rendering.open()
  await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    renderer.write('~~~\ncode\n~~~\n\n| a |\n|--|\n| b |\n')
    renderer.end()
  })
  const boxes = page.locator('pre, .table')
  expect(await boxes.count()).toBe(2)
  expect(await boxes.evaluateAll((all) => all.map((box) => getComputedStyle(box).maskImage))).toEqual([
    'none',
    'none',
  ])
})

test('lines of code stand one and a half of their size apart', async () => {
  const page = await rendering.open()
  const lines = await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    renderer.write('~~~\none\ntwo\nthree\n~~~\n')
    renderer.end()
    const code = answer.querySelector('pre code')
    const { fontSize = '', height = '' } = code ? getComputedStyle(code) : {}
    return { size: Number.parseFloat(fontSize), height: Number.parseFloat(height) }
  })
  expect(lines.height / lines.size).toBeCloseTo(3 * 1.5, 1)
})

/** Of a black box, the sides that are not black. */
async function fadedSides(box: Locator): Promise<string[]> {
  const place = await box.boundingBox()
  if (!place) throw new TypeError('The box is not shown.')
  const { x, y, width, height } = place
  const black = await pixelsAt(x + width / 2)
  const sides = { left: await pixelsAt(x + 4), right: await pixelsAt(x + width - 8) }
  return Object.entries(sides).flatMap(([side, pixels]) => (pixels === black ? [] : [side]))

  /** Below the text. */
  async function pixelsAt(left: number): Promise<string> {
    const clip = { x: Math.round(left), y: Math.round(y + height) - 10, width: 4, height: 4 }
    return (await box.page().screenshot({ clip })).toString('base64')
  }
}
