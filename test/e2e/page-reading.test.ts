/** Reading while it comes: long answers, following the end, selecting. */
import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useHouse } from '../support/house.ts'
import { poll, usePages } from '../support/pages.ts'
import { answer } from '../support/scripts.ts'
import { numbered } from '../support/sse.ts'

const house = useHouse({ MODELS: 'gpt-test' })
const visit = usePages()

/** Tokens of paragraphs, lists and code, as answers have them. */
function longAnswer(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 1000 === 700) return '\n\n```js\n'
    if (i % 1000 === 900) return '\n```\n\n'
    if (i % 97 === 96) return '.\n\n'
    if (i % 1000 > 400 && i % 1000 < 500 && i % 10 === 0) return '\n- '
    return i % 31 === 30 ? '\n' : ` word${i % 100}`
  })
}

/** What of an answer must be on the page, however it is laid out there. */
const wordsOf = (text = '') => text.match(/word\d+/g)?.join(' ')

const scrollTop = (log: Locator) => log.evaluate((log) => log.scrollTop)
const below = (log: Locator) =>
  log.evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop)

/** [spec] What is selected in a shadow tree is known to that tree alone. */
const selection = (text: Locator) =>
  text.evaluate((element) => String((element.getRootNode() as unknown as Document).getSelection()))

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
  test.each(Object.entries(shapes))(
    '%s leaves the page responsive',
    { timeout: 90_000 },
    async (_, tokens) => {
      const { page, log, box, send, ask, answers } = await visit(house.url)
      const longTasks = await watchLongTasks(page)
      house.upstream.next(answer(tokens))
      await ask()
      const first = answers.locator('> p').first()
      await first.waitFor()
      await first.evaluate((block) => Object.assign(block, { mark: true }))
      // Typing goes on meanwhile, and each letter is there before the next.
      const letters = 'and the next question'
      for (let i = 1; i <= letters.length; i++) {
        await box.press(letters[i - 1] ?? '')
        expect(await box.inputValue()).toBe(letters.slice(0, i))
      }
      await send.waitFor({ timeout: 60_000 })
      expect(wordsOf((await answers.textContent()) ?? '') === wordsOf(tokens.join(''))).toBe(true)
      expect(await first.evaluate((block) => 'mark' in block)).toBe(true)
      expect(await below(log)).toBeLessThanOrEqual(1)
      console.log('TASKS', await longTasks())
    },
  )
})

describe('the end of the answer', () => {
  const lines = numbered(600).map((token) => `${token}\n\n`)

  test('is followed until the reader scrolls up, and again from the button on', async () => {
    const { page, log, ask, answers } = await visit(house.url)
    const button = page.getByRole('button', { name: 'New text below' })
    house.upstream.next(answer(lines, 10))
    await ask()
    await poll(() => scrollTop(log)).toBeGreaterThan(300)
    expect(await button.isVisible()).toBe(false)

    await page.mouse.move(400, 300)
    await page.mouse.wheel(0, -200)
    await button.waitFor()
    const top = await scrollTop(log)
    const length = (await answers.textContent())?.length ?? 0
    await poll(async () => (await answers.textContent())?.length).toBeGreaterThan(length + 200)
    expect(await scrollTop(log)).toBe(top)

    await button.click()
    await poll(() => below(log)).toBeLessThanOrEqual(1)
    const followed = await scrollTop(log)
    await poll(() => scrollTop(log)).toBeGreaterThan(followed + 200)
    expect(await button.isVisible()).toBe(false)
  })

  test('is followed again by scrolling there', async () => {
    const { page, log, ask } = await visit(house.url)
    house.upstream.next(answer(lines, 10))
    await ask()
    await poll(() => scrollTop(log)).toBeGreaterThan(300)
    await page.mouse.move(400, 300)
    await page.mouse.wheel(0, -200)
    await page.getByRole('button', { name: 'New text below' }).waitFor()
    await page.mouse.wheel(0, 5000)
    await poll(() => below(log)).toBeLessThanOrEqual(1)
    const top = await scrollTop(log)
    await poll(() => scrollTop(log)).toBeGreaterThan(top + 200)
  })

  test('leaves selected text where it is, and selected', async () => {
    const { log, ask, answers, ended } = await visit(house.url)
    house.upstream.next(answer(lines.slice(0, 200), 10))
    await ask()
    await poll(() => scrollTop(log)).toBeGreaterThan(100)
    const selected = await answers
      .locator('p')
      .last()
      .evaluate((last) => {
        const tail = last.firstChild as Text
        selectionIn(last)?.setBaseAndExtent(tail, 0, tail, tail.length)
        return String(selectionIn(last))
        function selectionIn(element: Element) {
          return (element.getRootNode() as unknown as Document).getSelection()
        }
      })
    const top = await scrollTop(log)
    await ended()
    expect(selected).toMatch(/^t\d+$/)
    expect(await selection(answers)).toBe(selected)
    expect(await scrollTop(log)).toBe(top)
  })
})

test('an answer is copied as it came, and what is selected of it as it looks', async () => {
  const { page, ask, answers, ended } = await visit(house.url, { permissions: ['clipboard-read'] })
  const tokens = longAnswer(4000)
  house.upstream.next(answer(tokens))
  await ask()
  await ended()
  await page.getByRole('button', { name: 'Copy the answer' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(tokens.join(''))

  expect(await answers.locator('> *').count()).toBeGreaterThan(10)
  await answers.evaluate((element) => {
    ;(element.getRootNode() as unknown as Document).getSelection()?.selectAllChildren(element)
  })
  const selected = await selection(answers)
  expect(wordsOf(selected)).toBe(wordsOf(tokens.join('')))
  // Nothing of the buttons.
  expect(selected.replace(/word\d+|[.\s]/g, '')).toBe('')
})
