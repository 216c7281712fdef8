/** How the page's places are laid out: one left edge, and what has to be in view. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeFindings } from '../support/axe.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { usePages } from '../support/pages.ts'

const visit = usePages()
let millrace: Millrace | undefined
beforeAll(async () => {
  millrace = await startMillrace({ DEMO_SPEED: '50', MODELS: 'gpt-one,gpt-two' })
})
afterAll(() => millrace?.stop())

const SCREENS = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
}

/** The distances of these elements from the window's edges, where lines begin and where they end. */
async function edges(page: Page, selectors: string[]) {
  const all: Record<string, [start: number, end: number]> = {}
  for (const selector of selectors) {
    const { x, width } = (await page.locator(selector).filter({ visible: true }).first().boundingBox()) ?? {
      x: Number.NaN,
      width: Number.NaN,
    }
    all[selector] = [Math.round(x), Math.round((page.viewportSize()?.width ?? 0) - x - width)]
  }
  return all
}

describe.each(Object.entries(SCREENS))('on a %s', (_, screen) => {
  test('everything begins at one edge, in every place', async () => {
    const { page } = await visit(millrace?.url ?? '', screen)
    await page.getByText('This is a demo.').waitFor()
    const chat = await edges(page, ['.wordmark', '.demo', '.welcome h2', '#starters', '.composer'])
    const [[start] = [Number.NaN]] = Object.values(chat)
    expect(start).toBeGreaterThan(10)
    for (const [selector, [begins]] of Object.entries(chat))
      expect([selector, begins]).toEqual([selector, start])
    for (const selector of ['.demo', '#starters', '.composer']) expect(chat[selector]).toEqual([start, start])

    await page.getByRole('link', { name: 'Race', exact: true }).click()
    await page.locator('.lane').first().waitFor()
    const race = await edges(page, [
      '.wordmark',
      '.demo',
      '#race-title',
      '#race-question',
      '.lane',
      '.headline',
    ])
    for (const [selector, [begins]] of Object.entries(race))
      expect([selector, begins]).toEqual([selector, start])
    for (const selector of ['.demo', '.lane', '#race-question'])
      expect(race[selector]).toEqual([start, start])

    await page.getByRole('link', { name: 'Embed' }).click()
    await page.locator('.tag').waitFor()
    const embed = await edges(page, ['.wordmark', '#embed-title', '#embed-heading'])
    for (const [selector, [begins]] of Object.entries(embed))
      expect([selector, begins]).toEqual([selector, start])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      screen.viewport.width,
    )
  })

  test('the notice of the demo keeps its distance from the title', async () => {
    const { page } = await visit(millrace?.url ?? '', screen)
    await page.getByRole('link', { name: 'Race', exact: true }).click()
    await page.getByText('This is a demo.').waitFor()
    await page.locator('.lane').first().waitFor()
    const notice = await page.locator('.demo').boundingBox()
    const title = await page.locator('#race-title').boundingBox()
    if (!notice || !title) throw new TypeError('They are not shown.')
    expect(title.y - notice.y - notice.height).toBeGreaterThan(12)
  })

  test('a race shows its result, both lanes and the plot at once, without a click', async () => {
    const { page } = await visit(millrace?.url ?? '', screen)
    await page.getByRole('link', { name: 'Race', exact: true }).click()
    await page.getByRole('button', { name: 'Start the race' }).click()
    await page.locator('.plot canvas').waitFor()
    const size = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize))
    // The verdict is the largest text, and stands between the lanes.
    expect(await size('.headline')).toBeGreaterThan(await size('.time'))
    expect(await size('.headline')).toBeGreaterThan(await size('.details'))
    const header = (await page.locator('.top').boundingBox())?.height ?? 0
    let below = header
    for (const selector of [
      '#race-start',
      '[data-way="unstreamed"]',
      '.headline',
      '[data-way="streamed"]',
      '.plot',
    ]) {
      const box = await page.locator(selector).boundingBox()
      expect([selector, (box?.y ?? 0) >= below - 1]).toEqual([selector, true])
      below = (box?.y ?? 0) + (box?.height ?? 0)
    }
    expect(below).toBeLessThanOrEqual(screen.viewport.height)
  })
})

test.each(['light', 'dark'] as const)('a race and its result are accessible, in %s', async (colorScheme) => {
  const { page } = await visit(millrace?.url ?? '', { colorScheme })
  await page.getByRole('link', { name: 'Race', exact: true }).click()
  await page.getByRole('button', { name: 'Start the race' }).click()
  await page.locator('.plot canvas').waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('the model is picked by keyboard', async () => {
  const { page } = await visit(millrace?.url ?? '')
  const picker = page.getByRole('combobox', { name: 'Model' })
  await picker.focus()
  const names = await picker.locator('option').allTextContents()
  await page.keyboard.press('Enter')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  expect(names.length).toBeGreaterThan(1)
  expect(await picker.inputValue()).toBe(names[1])
})
