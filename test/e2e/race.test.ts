/** The race with the demo: the founding example's experiment, and its figures. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { poll } from '../support/pages.ts'
import { download, figures, SPEED, toMs, useRace } from './race-visit.ts'

const FIRST_MS = 930 / SPEED
const STREAMED_MS = 36_390 / SPEED
const UNSTREAMED_MS = 31_490 / SPEED
/** What a busy machine may add to each. */
const LATE_MS = 10_000

const visit = useRace()
/** At a tenth of the pace. */
const visitSlowly = useRace(SPEED / 10)

interface LaneSeen {
  text: string
  time: number
  state: string | undefined
}

/** Records in the page what both ways showed, at each change of the streamed one. */
async function watchLanes(page: Page) {
  await page.evaluate(() => {
    const look = (lane: Element | null): LaneSeen => ({
      text: lane?.querySelector('.text')?.textContent ?? '',
      time: Number(lane?.querySelector('.time')?.textContent),
      state: lane instanceof HTMLElement ? lane.dataset.state : undefined,
    })
    const seen: { unstreamed: LaneSeen; streamed: LaneSeen }[] = []
    const lanes = document.querySelector('#lanes') as HTMLElement
    new MutationObserver(() => {
      seen.push({ unstreamed: look(lanes.firstElementChild), streamed: look(lanes.lastElementChild) })
    }).observe(lanes, { subtree: true, childList: true, characterData: true })
    Object.assign(window, { seen })
  })
  type Seen = { unstreamed: LaneSeen; streamed: LaneSeen }[]
  return () => page.evaluate(() => (window as unknown as { seen: Seen }).seen)
}

test('is a place of its own, with the founding question in it', async () => {
  const { page, enter, start } = await visit()
  await enter()
  await start.waitFor()
  expect(new URL(page.url()).hash).toBe('#race')
  expect(await page.title()).toBe('The race · Millrace')
  expect(await page.getByRole('textbox', { name: 'The question' }).inputValue()).toMatch(/plot_2d_normal/)
  expect(await page.getByRole('textbox').count()).toBe(1)
  await page.getByText('This is a demo.').waitFor()
  await page.reload()
  await start.waitFor()
  await page.goBack()
  await page.getByRole('textbox', { name: 'Your question' }).waitFor()
  await page.getByRole('link', { name: 'race an answer against itself' }).click()
  await start.waitFor()
})

test('loads the plot, the counter and its ranks when it needs them, and once', async () => {
  const { page, enter, start } = await visit()
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const those = (pattern: RegExp) => asked.filter((path) => pattern.test(path)).length
  expect(
    await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)),
  ).not.toEqual(expect.arrayContaining([expect.stringMatching(/race|plot|counting|\.bin/)]))
  await enter()
  await start.waitFor()
  await page.waitForLoadState('networkidle')
  expect(those(/plot|counting|\.bin$/)).toBe(0)
  await start.click()
  await page.locator('.plot canvas').waitFor()
  const plotAfter = await page.evaluate(() => {
    const entries = performance.getEntriesByType('resource')
    const first = (pattern: RegExp) =>
      Math.min(...entries.filter(({ name }) => pattern.test(name)).map(({ startTime }) => startTime))
    return first(/plot/) - first(/completions$/)
  })
  // Not before the stream was at its end.
  expect(plotAfter).toBeGreaterThan(STREAMED_MS - 15)
  await poll(async () => [those(/counting/), those(/o200k_base.*\.bin$/), those(/cl100k/)]).toEqual([1, 1, 0])
})

test('at the measured pace one answer is shown as it comes, the other when it is whole, with the founding figures', async () => {
  const { page, enter, start, unstreamed, streamed, result } = await visit()
  await enter()
  const seen = await watchLanes(page)
  await start.click()
  await result.waitFor()
  const views = await seen()
  const racing = views.filter(({ streamed }) => streamed.state === 'flowing')
  const alone = racing.filter(({ unstreamed }) => unstreamed.state === 'waiting')
  expect(alone.length).toBeGreaterThan(5)
  for (const { unstreamed } of alone) expect(unstreamed.text).toBe('')
  // One clock stands at the first words, the other one runs.
  expect(new Set(alone.map(({ streamed }) => streamed.time)).size).toBe(1)
  const times = alone.map(({ unstreamed }) => unstreamed.time)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(new Set(times).size).toBeGreaterThan(5)
  expect(new Set(racing.map(({ streamed }) => streamed.text)).size).toBeGreaterThan(5)

  const text = (lane: typeof streamed) => lane.locator('.text').textContent()
  expect(await text(unstreamed)).toBe(await text(streamed))
  // The end of the stream is in view, and the beginning of the answer that came as a whole.
  const below = (lane: typeof streamed) =>
    lane
      .locator('.pool')
      .evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop)
  await poll(() => below(streamed)).toBeLessThan(24)
  expect(await below(unstreamed)).toBeGreaterThan(24)
  // Rendered as the chat renders it.
  for (const lane of [unstreamed, streamed]) {
    expect(await lane.locator('pre code').textContent()).toContain('def plot_2d_normal')
    expect(await text(lane)).not.toContain('`')
  }
  for (const lane of [unstreamed, streamed]) {
    await poll(() => lane.locator('.lane-note').textContent()).toContain('414 tokens')
  }
  expect(await start.isVisible()).toBe(true)

  // The founding example's figures.
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
  expect(await page.locator('.headline').textContent()).toMatch(/^First words \d+(\.\d)?× sooner$/)
  expect(await page.locator('.details').textContent()).toMatch(/^All of it: .* streamed, .* unstreamed\.$/)
  expect(await page.locator('.figures').getByText('as the demo says').count()).toBe(2)
  expect(await page.getByText(/as the Worker measured it: first token after/).isVisible()).toBe(true)
  expect(await page.locator('.speed-badge').isVisible()).toBe(false)
})

test('at 10× speed takes a tenth, and says so', async () => {
  const { page, enter, start, result } = await visitSlowly()
  await enter()
  const sent: unknown[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/completions')) sent.push(request.postDataJSON())
  })
  await page.getByText('10× speed').click()
  await start.click()
  await result.waitFor()
  expect(sent).toMatchObject([{ demo_speed: 10 }, { demo_speed: 10 }])
  expect(toMs((await figures(page))['Total time']?.[1])).toBeLessThan(STREAMED_MS + LATE_MS)
  expect(await page.locator('.speed-badge').textContent()).toBe('at 10× speed')
  const csv = await download(page, 'Save all points as CSV')
  expect(csv.name).toBe('millrace-race-10x.csv')
  for (const line of csv.bytes.toString().trimEnd().split('\r\n').slice(1)) expect(line).toMatch(/,10$/)
})
