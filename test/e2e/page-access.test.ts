/** The page for everyone: by keyboard, on a phone, by ear, and with an access key. */
import { createHash } from 'node:crypto'
import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useHouse } from '../support/house.ts'
import { hear, isFocused, poll, usePages } from '../support/pages.ts'
import { answer } from '../support/scripts.ts'
import { numbered } from '../support/sse.ts'

const house = useHouse({ MODELS: 'gpt-test' })
const visit = usePages()

describe('by keyboard', () => {
  test('the question box is one step away, and each control shows its focus', async () => {
    const { page, box } = await visit(house.url)
    await page.getByRole('combobox', { name: 'Model' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await isFocused(box)).toBe(true)
    const stops: string[] = []
    for (let i = 0; i < 9; i++) {
      await page.keyboard.press('Shift+Tab')
      stops.push(
        // What has the focus inside of the chat, not the chat.
        await page.locator(':focus:not(millrace-chat)').evaluate((element) => {
          const { outlineStyle, outlineWidth } = getComputedStyle(element)
          return outlineStyle === 'none' || outlineWidth === '0px'
            ? `no focus on ${element.outerHTML}`
            : element.tagName
        }),
      )
    }
    // The starter questions, the way to the race, what scrolls, the models, the header's way to the race, the conversations.
    const starters = ['BUTTON', 'BUTTON', 'BUTTON', 'BUTTON']
    expect(stops).toEqual([...starters, 'A', 'DIV', 'SELECT', 'A', 'BUTTON'])
  })

  test('a starter question is asked with Enter', async () => {
    const { page, ended } = await visit(house.url)
    const first = page.getByRole('listitem').getByRole('button').first()
    expect(await first.textContent()).toContain('plot_2d_normal')
    await first.press('Enter')
    await house.upstream.call(1)
    await ended()
  })

  test('Shift+Enter starts a new line, Enter sends, and nothing is not sent', async () => {
    const { page, box, ended } = await visit(house.url)
    await box.press('Enter')
    await box.pressSequentially('One')
    await box.press('Shift+Enter')
    await box.pressSequentially('Two')
    expect(await box.inputValue()).toBe('One\nTwo')
    await box.press('Enter')
    await ended()
    expect(await box.inputValue()).toBe('')
    expect(await page.getByRole('article').count()).toBe(1)
    expect(house.upstream.calls[0]?.request.messages).toEqual([{ role: 'user', content: 'One\nTwo' }])
  })

  test.each([{ isComposing: true }, { keyCode: 229 }])(
    'Enter that ends a composition (%j) sends nothing',
    async (how) => {
      const { page, box } = await visit(house.url)
      await box.fill('にほんご')
      await box.dispatchEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...how })
      expect(await box.inputValue()).toBe('にほんご')
      expect(await page.getByRole('article').count()).toBe(0)
    },
  )

  test('Escape stops, and while an answer comes Enter sends nothing', async () => {
    const { page, box, ask, answers, ended } = await visit(house.url)
    house.upstream.next(answer(numbered(1000), 20))
    await ask('Count.')
    await answers.getByText('t3 ').waitFor()
    await ask('More?')
    expect(await box.inputValue()).toBe('More?')
    await page.keyboard.press('Escape')
    await ended()
    expect(await page.getByRole('article').count()).toBe(1)
    await house.upstream.until(({ open }) => open === 0)
  })

  test('the stop button gives its focus back to the question box', async () => {
    const { box, ask, stop, answers, ended } = await visit(house.url)
    house.upstream.next(answer(numbered(1000), 20))
    await ask()
    await answers.getByText('t3 ').waitFor()
    await stop.focus()
    await stop.press('Enter')
    await ended()
    expect(await isFocused(box)).toBe(true)
  })
})

describe('on a phone', () => {
  const phone = { viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true }

  test('nothing is wider than the screen', async () => {
    const { page, ask, ended } = await visit(house.url, phone)
    const width = () => page.evaluate(() => document.documentElement.scrollWidth)
    expect(await width()).toBe(375)
    house.upstream.next(
      answer(['x'.repeat(500), `\n\n\`\`\`js\n${'let a = 1; '.repeat(40)}\n\`\`\`\n`, 'y'.repeat(300)]),
    )
    await ask('z'.repeat(300))
    await ended()
    expect(await width()).toBe(375)
  })

  test('the keyboard goes away when the question is sent', async () => {
    const { box, ask, ended } = await visit(house.url, phone)
    await ask()
    expect(await isFocused(box)).toBe(false)
    await ended()
  })
})

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test('text is readable', async () => {
    const { page, ask, ended } = await visit(house.url, { colorScheme })
    await ask()
    await ended()
    const luminance = (control: Locator, property: 'color' | 'backgroundColor') =>
      control.evaluate((element, property) => {
        // A canvas turns any notation of a color into numbers.
        const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
        if (!context) return Number.NaN
        context.fillStyle = getComputedStyle(element)[property]
        context.fillRect(0, 0, 1, 1)
        const [r = 0, g = 0, b = 0] = [...context.getImageData(0, 0, 1, 1).data].map((v) =>
          v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
        )
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
      }, property)
    const text = await luminance(page.locator('.speed'), 'color')
    const ground = await luminance(page.locator('#panel'), 'backgroundColor')
    const [darker = 0, lighter = 0] = [text, ground].toSorted((a, b) => a - b)
    // [spec] WCAG 2.2, 1.4.3. The speed is the faintest text there is.
    expect((lighter + 0.05) / (darker + 0.05)).toBeGreaterThan(4.5)
    expect(ground > 0.5).toBe(colorScheme === 'light')
  })
})

test('a screen reader is told that an answer begins, and its sentences, each once', async () => {
  const { page, ask, ended } = await visit(house.url)
  const heard = await hear(page)
  const sentences = ['Water turns the wheel.', 'The wheel turns the stone.', 'The stone grinds the corn.']
  house.upstream.next(answer(sentences.join(' ').split(/(?<= )/), 250), answer(['Be', 'cause', '.']))
  await ask()
  await poll(async () => (await heard()).length).toBeGreaterThan(1)
  // While it still comes.
  expect(house.upstream.open).toBe(1)
  await ended()
  await poll(async () => (await heard()).slice(1).join(' ')).toBe(sentences.join(' '))
  await ask()
  await ended()
  await poll(async () => (await heard()).slice(-2)).toEqual(['The answer has begun.', 'Because.'])
  // One for the chat, one for the race.
  expect(await page.locator('[aria-live], [role=log], [role=status], [role=alert]').count()).toBe(2)
})

describe('where an access key is needed', () => {
  const KEY = 'mr_test_2Yb7fQ0pZk'
  const sha256 = createHash('sha256').update(KEY).digest('hex')
  const closed = useHouse({ OPEN_ACCESS: '', ACCESS_KEYS: `page:${sha256}`, MODELS: 'gpt-test' })

  test('it is asked for, kept for this tab alone, and the question is asked again', async () => {
    const { page, ask, answers, ended } = await visit(closed.url)
    await ask('Why?')
    const field = page.getByLabel('Access key')
    await field.fill('mr_wrong')
    await field.press('Enter')
    await page.getByRole('heading', { name: 'This access key is not valid' }).waitFor()
    await field.fill(KEY)
    await page.getByRole('button', { name: 'Use this key' }).click()
    await ended()
    await poll(() => answers.textContent()).toBe('Hello, world!')
    await page.getByRole('combobox', { name: 'Model' }).waitFor()
    expect(await page.evaluate(() => Object.keys(localStorage).length + document.cookie.length)).toBe(0)

    await page.reload()
    await ask('Again?')
    await poll(() => answers.allTextContents()).toEqual(['Hello, world!', 'Hello, world!'])
    for (const { headers } of closed.upstream.calls) expect(headers.authorization).not.toContain(KEY)
  })
})
