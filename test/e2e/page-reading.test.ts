/** Reading while it comes: long answers, following the end, selecting. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useHouse } from '../support/house.ts'
import { poll, usePages } from '../support/pages.ts'
import { answer } from '../support/scripts.ts'
import { numbered } from '../support/sse.ts'

const house = useHouse({ MODELS: 'gpt-test' })
const visit = usePages()

/** Tokens of paragraphs, lines and code, as answers have them. */
function longAnswer(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 1000 === 700) return '\n```js\n'
    if (i % 1000 === 900) return '\n```\n'
    if (i % 97 === 96) return '.\n\n'
    return i % 31 === 30 ? '\n' : ` word${i % 100}`
  })
}

const scrollTop = (page: Page) => page.evaluate(() => document.documentElement.scrollTop)
const below = (page: Page) =>
  page.evaluate(() => {
    const { scrollHeight, clientHeight, scrollTop } = document.documentElement
    return scrollHeight - clientHeight - scrollTop
  })

/** Tasks of the page's main thread above 50 ms, from now on. */
async function watchLongTasks(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const tasks: number[] = []
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(Math.round(duration))
    }).observe({ type: 'longtask' })
    Object.assign(window, { tasks })
  })
  return () => page.evaluate(() => (window as unknown as { tasks: number[] }).tasks)
}

describe('an answer of 20,000 tokens', () => {
  const shapes: Record<string, string[]> = {
    'in paragraphs, lists and code': longAnswer(20_000),
    'in one paragraph': Array.from({ length: 20_000 }, (_, i) => ` word${i % 100}`),
  }
  test.each(Object.entries(shapes))('%s leaves the page responsive', async (_, tokens) => {
    const { page, box, ask, answers, ended } = await visit(house.url)
    const longTasks = await watchLongTasks(page)
    house.upstream.next(answer(tokens))
    await ask()
    // Typing goes on meanwhile, and each letter is there before the next.
    const letters = 'and the next question'
    for (let i = 1; i <= letters.length; i++) {
      await box.press(letters[i - 1] ?? '')
      expect(await box.inputValue()).toBe(letters.slice(0, i))
    }
    await ended()
    expect((await answers.textContent()) === tokens.join('')).toBe(true)
    expect(await below(page)).toBeLessThanOrEqual(1)
    // 50 ms is the goal on a machine of its own; this one also runs the browser, the Worker and the upstream.
    const worst = Math.max(0, ...(await longTasks()))
    expect(worst).toBeLessThan(300)
  })
})

describe('the end of the answer', () => {
  const lines = numbered(600).map((token) => `${token}\n`)

  test('is followed until the reader scrolls up, and again from the button on', async () => {
    const { page, ask, answers } = await visit(house.url)
    const button = page.getByRole('button', { name: 'Jump to latest' })
    house.upstream.next(answer(lines, 10))
    await ask()
    await poll(() => scrollTop(page)).toBeGreaterThan(300)
    expect(await button.isVisible()).toBe(false)

    await page.mouse.move(400, 300)
    await page.mouse.wheel(0, -200)
    await button.waitFor()
    const top = await scrollTop(page)
    const length = (await answers.textContent())?.length ?? 0
    await poll(async () => (await answers.textContent())?.length).toBeGreaterThan(length + 200)
    expect(await scrollTop(page)).toBe(top)

    await button.click()
    await poll(() => below(page)).toBeLessThanOrEqual(1)
    const followed = await scrollTop(page)
    await poll(() => scrollTop(page)).toBeGreaterThan(followed + 200)
    expect(await button.isVisible()).toBe(false)
  })

  test('is followed again by scrolling there', async () => {
    const { page, ask } = await visit(house.url)
    house.upstream.next(answer(lines, 10))
    await ask()
    await poll(() => scrollTop(page)).toBeGreaterThan(300)
    await page.mouse.move(400, 300)
    await page.mouse.wheel(0, -200)
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
    await page.mouse.wheel(0, 5000)
    await poll(() => below(page)).toBeLessThanOrEqual(1)
    const top = await scrollTop(page)
    await poll(() => scrollTop(page)).toBeGreaterThan(top + 200)
  })

  test('leaves selected text where it is, and selected', async () => {
    const { page, ask, answers, ended } = await visit(house.url)
    house.upstream.next(answer(lines, 5))
    await ask()
    await poll(() => scrollTop(page)).toBeGreaterThan(100)
    const selected = await answers.evaluate((element) => {
      const tail = element.lastElementChild?.firstChild as Text
      getSelection()?.setBaseAndExtent(tail, tail.length - 11, tail, tail.length - 1)
      return String(getSelection())
    })
    const top = await scrollTop(page)
    await ended()
    expect(selected).toHaveLength(10)
    expect(await page.evaluate(() => String(getSelection()))).toBe(selected)
    expect(await scrollTop(page)).toBe(top)
  })
})

test('an answer that is selected whole is copied as it came', async () => {
  const { page, ask, answers, ended } = await visit(house.url)
  const tokens = longAnswer(4000)
  house.upstream.next(answer(tokens))
  await ask()
  await ended()
  expect(await answers.locator('> *').count()).toBeGreaterThan(10)
  const copied = await answers.evaluate((element) => {
    getSelection()?.selectAllChildren(element)
    return String(getSelection())
  })
  expect(copied.trim()).toBe(tokens.join('').trim())
  expect(await page.evaluate(() => getSelection()?.isCollapsed)).toBe(false)
})
