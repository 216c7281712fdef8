/** The race's plot, in pixels and in numbers, and what can be saved of it. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { poll } from '../support/pages.ts'
import { download, figures, useRace } from './race-visit.ts'

const visit = useRace()
const visitSlowly = useRace(5)

/** For each of the page's colors, in how many pixels of each row of the plot it is. */
async function plotRows(page: Page) {
  return page.locator('.plot canvas').evaluate((canvas: HTMLCanvasElement) => {
    const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    const context = canvas.getContext('2d')
    if (!probe || !context) throw new TypeError('no canvas')
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height)
    const rowsOf = (line: string) => {
      const entry = document.querySelector(`.legend [data-line="${line}"]`) as Element
      probe.fillStyle = getComputedStyle(entry, '::before').color
      probe.fillRect(0, 0, 1, 1)
      const [r = 0, g = 0, b = 0] = probe.getImageData(0, 0, 1, 1).data
      const rows = Array.from({ length: height }, () => ({ pixels: 0 }))
      for (let i = 0; i < data.length; i += 4) {
        const off =
          Math.abs((data[i] ?? 0) - r) + Math.abs((data[i + 1] ?? 0) - g) + Math.abs((data[i + 2] ?? 0) - b)
        const row = rows[Math.floor(i / 4 / width)]
        if (off > 12 || (data[i + 3] ?? 0) < 200 || !row) continue
        row.pixels++
      }
      return rows
    }
    const widest = (line: string) => {
      const rows = rowsOf(line)
      const most = Math.max(...rows.map(({ pixels }) => pixels))
      return { y: rows.findIndex(({ pixels }) => pixels === most), pixels: most }
    }
    const points = rowsOf('streamed')
    return {
      width,
      firstWords: widest('first-words'),
      unstreamed: widest('unstreamed'),
      /** The lowest of the streamed answer's points, and how many pixels they all are. */
      begin: points.findLastIndex(({ pixels }) => pixels > 0),
      points: points.reduce((sum, { pixels }) => sum + pixels, 0),
    }
  })
}

test('plots it, in light and in dark, and in numbers', async () => {
  const { page, enter, start, result } = await visitSlowly({ colorScheme: 'light' })
  await enter()
  await start.click()
  await result.waitFor()
  const plot = page.getByRole('img', { name: /^Plot of the cumulative time/ })
  await plot.locator('canvas').waitFor()
  const table = await figures(page)
  for (const colorScheme of ['light', 'dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    // It is drawn in the next frame.
    await poll(async () => (await plotRows(page)).points).toBeGreaterThan(400)
    const drawn = await plotRows(page)
    // A line from side to side, and a dashed one.
    expect(drawn.unstreamed.pixels).toBeGreaterThan(drawn.width * 0.8)
    expect(drawn.firstWords.pixels).toBeGreaterThan(drawn.width * 0.35)
    expect(drawn.firstWords.pixels).toBeLessThan(drawn.width * 0.75)
    // The dashed line is where the points start, but for the moments between the first message, which has no words, and the
    // second; and the answer that came as a whole is above it.
    expect(drawn.begin - drawn.firstWords.y).toBeGreaterThanOrEqual(-3)
    expect(drawn.begin - drawn.firstWords.y).toBeLessThan(25)
    expect(drawn.firstWords.y - drawn.unstreamed.y).toBeGreaterThan(100)
  }
  expect(await plot.getAttribute('aria-label')).toContain('417 messages')

  await page.getByText('The plot’s numbers').click()
  const numbers = page.getByRole('table', { name: /^The streamed answer: first words after/ })
  const rows = await numbers.locator('tbody tr').allInnerTexts()
  expect(rows.length).toBeLessThanOrEqual(24)
  expect(rows.at(0)).toMatch(/^0\s+\d+\.\d+ s$/)
  expect(rows.at(-1)).toMatch(/^416\s+\d+\.\d+ s$/)
  expect(await numbers.locator('caption').textContent()).toContain(
    `first words after ${table['Time until the first words']?.[1]}`,
  )
})

test('can be saved, as numbers and as a picture', async () => {
  const { page, enter, start, result } = await visit()
  await enter()
  await start.click()
  await result.waitFor()
  const csv = await download(page, 'Save all points as CSV')
  expect(csv.name).toBe('millrace-race.csv')
  // Its rows are those of test/client/race/csv.test.ts: the role, 414 tokens, the reason of the end, and the
  // usage.
  expect(csv.bytes.toString().match(/^streamed,message,/gm)).toHaveLength(417)

  const png = await download(page, 'Save the plot as PNG')
  expect(png.name).toBe('millrace-race.png')
  expect(png.bytes.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
  expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(600)
  expect(png.bytes.length).toBeGreaterThan(5000)
})

test('on a phone is no wider than the screen, and its plot can be read', async () => {
  const { page, enter, start, result } = await visit({
    viewport: { width: 375, height: 667 },
    hasTouch: true,
    isMobile: true,
  })
  await enter()
  const width = () => page.evaluate(() => document.documentElement.scrollWidth)
  await start.waitFor()
  expect(await width()).toBe(375)
  await start.click()
  await result.waitFor()
  await page.locator('.plot canvas').waitFor()
  expect(await width()).toBe(375)
  await poll(async () => (await plotRows(page)).points).toBeGreaterThan(200)
  expect((await plotRows(page)).unstreamed.pixels).toBeGreaterThan(200)
  await page.getByText('The plot’s numbers').click()
  expect(await width()).toBe(375)
})

test('what can not be loaded is missed, and nothing else', async () => {
  const { page, enter, start, result } = await visit()
  await page.route('**/*.bin', (route) => route.fulfill({ body: 'no ranks' }))
  await page.route('**/assets/plot-*.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: '}' }),
  )
  await enter()
  await start.click()
  await result.waitFor()
  await page.getByText('The plot could not be loaded. Its numbers are below.').waitFor()
  await poll(() => figures(page)).toMatchObject({
    Tokens: ['414', '414'],
    'Tokens of the text, counted here': ['not known', 'not known'],
  })
  expect(await page.getByRole('button', { name: 'Save the plot as PNG' }).isDisabled()).toBe(true)
  expect(
    (await download(page, 'Save all points as CSV')).bytes.toString().split('\r\n').length,
  ).toBeGreaterThan(417)
})
