/** The race with the demo: the founding example's experiment, its figures, its plot, and both to save. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { poll, usePages } from '../support/pages.ts'

/** Divides the founding example's times. */
const SPEED = 20
const FIRST_MS = 930 / SPEED
const STREAMED_MS = 36_390 / SPEED
const UNSTREAMED_MS = 31_490 / SPEED
/** What a busy machine may add to each. */
const LATE_MS = 1500

const visit = usePages()
let millrace: Millrace | undefined
beforeAll(async () => {
  millrace = await startMillrace({ DEMO_SPEED: String(SPEED) })
})
afterAll(() => millrace?.stop())
const url = () => millrace?.url ?? ''

/** Goes to the race as a reader does, and hands out its parts. */
async function enter(options = {}) {
  const { page } = await visit(url(), options)
  await page.getByRole('link', { name: 'Race', exact: true }).click()
  const lane = (way: string) => page.getByRole('region', { name: way, exact: true })
  return {
    page,
    start: page.getByRole('button', { name: 'Start the race' }),
    unstreamed: lane('Unstreamed'),
    streamed: lane('Streamed'),
    result: page.getByRole('heading', { name: /^The result/ }),
  }
}

/** The table's figures, by row: unstreamed, streamed. */
async function figures(page: Page): Promise<Record<string, [string, string]>> {
  const rows = await page.locator('.figures tbody tr').evaluateAll((rows) =>
    rows.map((row) => {
      const [name = '', ...values] = Array.from(
        row.children,
        (cell) => cell.firstChild?.textContent?.trim() ?? '',
      )
      return [name, values] as const
    }),
  )
  return Object.fromEntries(rows) as Record<string, [string, string]>
}

const toMs = (text = '') => Number.parseFloat(text) * (/ ms$/.test(text) ? 1 : 1000)

async function download(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ])
  return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) }
}

/** For each of the page's colors, in how many pixels of a row of the plot it is, and where it ends on the right. */
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
      const rows = Array.from({ length: height }, () => ({ pixels: 0, right: 0 }))
      for (let i = 0; i < data.length; i += 4) {
        const off =
          Math.abs((data[i] ?? 0) - r) + Math.abs((data[i + 1] ?? 0) - g) + Math.abs((data[i + 2] ?? 0) - b)
        const row = rows[Math.floor(i / 4 / width)]
        if (off > 12 || (data[i + 3] ?? 0) < 200 || !row) continue
        row.pixels++
        row.right = (i / 4) % width
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
      /** The highest of the streamed answer's points, and how many pixels they are. */
      end: points.findIndex(({ pixels }) => pixels > 0),
      points: points.reduce((sum, { pixels }) => sum + pixels, 0),
    }
  })
}

test('is a place of its own, with the founding question in it', async () => {
  const { page, start } = await enter()
  await start.waitFor()
  expect(new URL(page.url()).hash).toBe('#race')
  expect(await page.title()).toBe('The race · Millrace')
  expect(await page.getByRole('textbox', { name: 'The question' }).inputValue()).toMatch(/plot_2d_normal/)
  expect(await page.getByRole('textbox').count()).toBe(1)
  await page.reload()
  await start.waitFor()
  await page.goBack()
  await page.getByRole('textbox', { name: 'Your question' }).waitFor()
  await page.getByRole('link', { name: 'race an answer against itself' }).click()
  await start.waitFor()
})

test('loads the plot, the counter and its ranks when it needs them, and once', async () => {
  const { page } = await visit(url())
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const those = (pattern: RegExp) => asked.filter((path) => pattern.test(path)).length
  expect(
    await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)),
  ).not.toEqual(expect.arrayContaining([expect.stringMatching(/race|plot|counting|\.bin/)]))
  await page.getByRole('link', { name: 'Race', exact: true }).click()
  await page.getByRole('button', { name: 'Start the race' }).waitFor()
  await page.waitForLoadState('networkidle')
  expect(those(/plot|counting|\.bin$/)).toBe(0)
  await page.getByRole('button', { name: 'Start the race' }).click()
  await page
    .locator('.lane-note')
    .getByText(/tokens counted here/)
    .first()
    .waitFor()
  expect(those(/plot/)).toBe(0)
  await page.locator('.plot canvas').waitFor()
  expect([those(/counting/), those(/o200k_base.*\.bin$/), those(/cl100k/)]).toEqual([1, 1, 0])
})

describe('run at the measured pace', () => {
  test('shows one answer as it comes, and the other when it is whole', async () => {
    const { page, start, unstreamed, streamed, result } = await enter()
    await start.click()
    const text = (lane: typeof streamed) => lane.locator('.text').textContent()
    const clock = async (lane: typeof streamed) => Number(await lane.locator('.time').textContent())
    await poll(() => text(streamed)).toContain('import numpy')
    const early = await page.evaluate(() =>
      Array.from(document.querySelectorAll('.lane'), (lane) => ({
        text: lane.querySelector('.text')?.textContent ?? '',
        time: Number(lane.querySelector('.time')?.textContent),
        state: (lane as HTMLElement).dataset.state,
      })),
    )
    expect(early[0]).toMatchObject({ text: '', state: 'waiting' })
    expect(early[1]?.state).toBe('flowing')
    expect(early[0]?.time).toBe(early[1]?.time)
    await poll(() => clock(unstreamed)).toBeGreaterThan(early[0]?.time ?? 0)
    await result.waitFor()
    expect(await text(unstreamed)).toBe(await text(streamed))
    for (const lane of [unstreamed, streamed]) {
      await poll(() => lane.locator('.lane-note').textContent()).toContain('414 tokens counted here')
    }
    const stopped = await clock(streamed)
    expect(await clock(unstreamed)).toBeLessThan(stopped)
    expect(await start.isVisible()).toBe(true)
  })

  test('has the founding example’s figures, and they agree with one another', async () => {
    const { page, start, result } = await enter()
    await start.click()
    await result.waitFor()
    await poll(() => figures(page)).toMatchObject({
      Tokens: ['414', '414'],
      'Tokens of the text, counted here': ['414', '414'],
    })
    const table = await figures(page)
    const [wholeMs = 0, streamMs = 0] = (table['Total time'] ?? []).map(toMs)
    const [wholeFirst = 0, streamFirst = 0] = (table['Time until the first words'] ?? []).map(toMs)
    const within = (value: number, ms: number) => {
      expect(value).toBeGreaterThan(ms - 15)
      expect(value).toBeLessThan(ms + LATE_MS)
    }
    within(wholeMs, UNSTREAMED_MS)
    within(streamMs, STREAMED_MS)
    within(streamFirst, FIRST_MS)
    expect(wholeFirst).toBe(wholeMs)
    const [wholeToken = 0, streamToken = 0] = (table['Time per token'] ?? []).map(toMs)
    expect(wholeToken).toBeCloseTo(wholeMs / 414, 0)
    expect(streamToken).toBeCloseTo(streamMs / 414, 0)
    expect(await page.locator('.sentence').textContent()).toMatch(/times the wait\.$/)
    expect(await page.locator('.figures').getByText('as the demo says').count()).toBe(2)
    expect(await page.getByText(/as the Worker measured it: first token after/).isVisible()).toBe(true)
    expect(await page.locator('.speed-badge').isVisible()).toBe(false)
  })

  test('plots it, in light and in dark, and in numbers', async () => {
    const { page, start, result } = await enter({ colorScheme: 'light' })
    await start.click()
    await result.waitFor()
    const plot = page.getByRole('img', { name: /^Plot of the cumulative time/ })
    await plot.locator('canvas').waitFor()
    const table = await figures(page)
    const [whole = 0, total = 0] = (table['Total time'] ?? []).map(toMs)
    const first = toMs(table['Time until the first words']?.[1])
    for (const colorScheme of ['light', 'dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      // It is drawn in the next frame.
      await poll(async () => (await plotRows(page)).points).toBeGreaterThan(400)
      const drawn = await plotRows(page)
      // A line from side to side, and a dashed one.
      expect(drawn.unstreamed.pixels).toBeGreaterThan(drawn.width * 0.8)
      expect(drawn.firstWords.pixels).toBeGreaterThan(drawn.width * 0.35)
      expect(drawn.firstWords.pixels).toBeLessThan(drawn.width * 0.75)
      // Where the levels are, by the scale that the end of the stream and the whole answer give: 4 of 300 pixels off.
      const scale = (drawn.unstreamed.y - drawn.end) / (total - whole)
      const tolerance = 4 / Math.max(0.01, scale) + 10
      const level = whole - (drawn.firstWords.y - drawn.unstreamed.y) / scale
      if (scale > 0) expect(Math.abs(level - first)).toBeLessThan(Math.max(tolerance, 0.2 * whole))
      expect(drawn.firstWords.y).toBeGreaterThan(drawn.unstreamed.y)
    }
    expect(await plot.getAttribute('aria-label')).toContain('417 messages')

    await page.getByText('The plot’s numbers').click()
    const numbers = page.getByRole('table', { name: /^The streamed answer: first words after/ })
    const rows = await numbers.locator('tbody tr').allInnerTexts()
    expect(rows.length).toBeLessThanOrEqual(24)
    expect(rows.at(0)).toMatch(/^0\s+\d\.\d\d s$/)
    expect(rows.at(-1)).toMatch(/^416\s+\d\.\d\d s$/)
    expect(await numbers.locator('caption').textContent()).toContain(
      `first words after ${table['Time until the first words']?.[1]}`,
    )
  })

  test('can be saved, as numbers and as a picture', async () => {
    const { page, start, result } = await enter()
    await start.click()
    await result.waitFor()
    await poll(async () => (await figures(page))['Tokens of the text, counted here']?.[1]).toBe('414')
    const csv = await download(page, 'Save all points as CSV')
    expect(csv.name).toBe('millrace-race.csv')
    const [head = [], ...rows] = csv.bytes
      .toString()
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','))
    const cell = (row: string[] = [], name = '') => row[head.indexOf(name)]
    const messages = rows.filter((row) => cell(row, 'event') === 'message')
    expect(messages.map((row) => cell(row, 'message'))).toEqual(messages.map((_, i) => String(i)))
    const times = messages.map((row) => Number(cell(row, 'seconds')))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    // The role, 414 tokens, the reason of the end, and the usage.
    expect(messages).toHaveLength(417)
    const table = await figures(page)
    for (const [i, way] of ['unstreamed', 'streamed'].entries()) {
      const total = rows.find((row) => cell(row, 'answer') === way && cell(row, 'event') === 'total')
      expect(Number(cell(total, 'seconds')) * 1000).toBeCloseTo(toMs(table['Total time']?.[i]), -2)
      expect([cell(total, 'tokens'), cell(total, 'tokens_from')]).toEqual(['414', 'upstream'])
    }

    const png = await download(page, 'Save the plot as PNG')
    expect(png.name).toBe('millrace-race.png')
    expect(png.bytes.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(600)
    expect(png.bytes.length).toBeGreaterThan(5000)
  })
})

test('at 10× speed takes a tenth, and says so', async () => {
  const { page, start, result } = await enter()
  const sent: unknown[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') sent.push(request.postDataJSON())
  })
  await page.getByText('10× speed').click()
  await start.click()
  await result.waitFor()
  expect(sent).toMatchObject([{ demo_speed: 10 }, { demo_speed: 10 }])
  expect(toMs((await figures(page))['Total time']?.[1])).toBeLessThan(STREAMED_MS)
  expect(await result.textContent()).toContain('at 10× speed')
  expect(await page.locator('.sentence').textContent()).toMatch(/All at 10× speed\.$/)
  const csv = await download(page, 'Save all points as CSV')
  expect(csv.name).toBe('millrace-race-10x.csv')
  for (const line of csv.bytes.toString().trimEnd().split('\r\n').slice(1)) expect(line).toMatch(/,10$/)
})

test('on a phone is no wider than the screen, and its plot can be read', async () => {
  const { page, start, result } = await enter({
    viewport: { width: 375, height: 667 },
    hasTouch: true,
    isMobile: true,
  })
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
