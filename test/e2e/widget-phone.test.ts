/** The widget on phones, whose keyboards cover half of the window; and input methods, whose Enter is not ours. */
import type { CDPSession, Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { OWN, useEmbedding } from '../support/embedding.ts'
import { ALL_KINDS } from '../support/markdown-of-all-kinds.ts'
import { poll } from '../support/pages.ts'
import { answer } from '../support/scripts.ts'

const site = useEmbedding()
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

/** A viewport that tests can cover with a keyboard: Chromium has none here. */
function fakeViewport(): void {
  const viewport = Object.assign(new EventTarget(), {
    height: innerHeight,
    offsetTop: 0,
    scale: 1,
    width: innerWidth,
  })
  Object.defineProperty(globalThis, 'visualViewport', { value: viewport, configurable: true })
}

/** Shows so much of the window. */
const showOnly = (page: Page, now: { height?: number; offsetTop?: number; scale?: number }) =>
  page.evaluate((now) => {
    Object.assign(visualViewport as object, now)
    visualViewport?.dispatchEvent(new Event('resize'))
    visualViewport?.dispatchEvent(new Event('scroll'))
  }, now)

const boxOf = async (locator: Locator) => (await locator.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
const bottomOf = async (locator: Locator) => {
  const { y, height } = await boxOf(locator)
  return y + height
}

describe('a launcher on a phone', () => {
  test('fills the screen, and gives it back', async () => {
    const { page, bubble, panel, box, still } = await site.visit(OWN + site.script('data-launcher'), PHONE)
    await bubble.tap()
    await panel.waitFor()
    await still()
    expect(await boxOf(panel)).toEqual({ x: 0, y: 0, width: 390, height: 780 })
    expect(await bubble.isVisible()).toBe(false)
    expect((await boxOf(page.locator('.header'))).y).toBe(0)
    expect(await bottomOf(box)).toBeLessThan(780)
    await page.locator('#close').tap()
    await panel.waitFor({ state: 'hidden' })
    await bubble.waitFor()
  })

  test('does not raise the keyboard by itself: not when it opens, nor over an answer', async () => {
    const { page, bubble, panel, box, send, ended } = await site.visit(
      OWN + site.script('data-launcher'),
      PHONE,
    )
    const isTyping = () => box.evaluate((box) => box.matches(':focus'))
    await bubble.tap()
    await panel.waitFor()
    expect(await isTyping()).toBe(false)
    expect(await panel.evaluate((panel) => panel.matches(':focus-within'))).toBe(true)
    await box.tap()
    expect(await isTyping()).toBe(true)
    expect(await box.evaluate((box) => [Number.parseFloat(getComputedStyle(box).fontSize) >= 16])).toEqual([
      true,
    ])
    await page.keyboard.type('Why?')
    await send.tap()
    await ended()
    expect(await isTyping()).toBe(false)
  })

  test('stands above the keyboard, wherever the page was scrolled to', async () => {
    const { page, bubble, box, panel, ask, ended, still } = await site.visit(
      OWN + site.script('data-launcher'),
      {
        ...PHONE,
        init: fakeViewport,
      },
    )
    await bubble.tap()
    await panel.waitFor()
    await still()
    site.upstream.next(answer([ALL_KINDS]))
    await ask()
    await ended()
    // iOS moves what is seen, not the page.
    for (const [height, offsetTop] of [
      [420, 0],
      [420, 150],
      [300, 120],
    ] as const) {
      await showOnly(page, { height, offsetTop })
      expect(await boxOf(panel)).toEqual({ x: 0, y: offsetTop, width: 390, height })
      const [close, log, composer] = [page.locator('#close'), page.locator('#log'), page.locator('#composer')]
      const bottoms = [await bottomOf(close), await bottomOf(log), await bottomOf(composer)]
      expect((await boxOf(close)).y).toBeGreaterThanOrEqual(offsetTop)
      expect(bottoms).toEqual(bottoms.toSorted((one, other) => one - other))
      expect(bottoms.at(-1)).toBeLessThanOrEqual(offsetTop + height)
      // Some of the answer can be read beside the box.
      expect((await boxOf(log)).height).toBeGreaterThan(100)
      await close.click({ trial: true })
    }
    expect(await bottomOf(box)).toBeLessThanOrEqual(420)
    await showOnly(page, { height: 780, offsetTop: 0 })
    expect(await boxOf(panel)).toEqual({ x: 0, y: 0, width: 390, height: 780 })
    // Who has zoomed in wants to see a part of it larger, not all of it smaller.
    await showOnly(page, { height: 390, scale: 2 })
    expect((await boxOf(panel)).height).toBe(780)
  })

  test('that was opened before the keyboard rose, and is open again with it, fits as well', async () => {
    const { page, bubble, panel, call, still } = await site.visit(OWN + site.script('data-launcher'), {
      ...PHONE,
      init: fakeViewport,
    })
    await bubble.tap()
    await call((chat) => chat.hide())
    await panel.waitFor({ state: 'hidden' })
    await showOnly(page, { height: 400 })
    await call((chat) => chat.show())
    await still()
    expect((await boxOf(panel)).height).toBe(400)
  })

  test('a chat that is the page stands above it, too', async () => {
    const { page, panel } = await site.visit(
      `<millrace-chat position="page"></millrace-chat>${site.script()}`,
      {
        ...PHONE,
        init: fakeViewport,
      },
    )
    for (const [height, offsetTop] of [
      [420, 30],
      [300, 120],
    ] as const) {
      await showOnly(page, { height, offsetTop })
      expect(await boxOf(panel)).toEqual({ x: 0, y: offsetTop, width: 390, height })
      expect(await bottomOf(page.locator('#composer'))).toBeLessThanOrEqual(offsetTop + height)
    }
  })

  test('keeps clear of what a screen has cut out of it', async () => {
    const { page, bubble, panel, still } = await site.visit(OWN + site.script('data-launcher'), PHONE)
    const session = await page.context().newCDPSession(page)
    await session.send('Emulation.setSafeAreaInsetsOverride', {
      insets: { top: 47, bottom: 34, left: 10, right: 12 },
    })
    const { x, y, width, height } = await boxOf(bubble)
    expect([390 - x - width >= 12, 780 - y - height >= 34]).toEqual([true, true])
    await bubble.tap()
    await panel.waitFor()
    await still()
    expect((await boxOf(page.locator('.header'))).y).toBe(47)
    expect(await bottomOf(page.locator('#composer'))).toBeLessThanOrEqual(780 - 34)
    expect((await boxOf(page.locator('#list'))).x).toBeGreaterThanOrEqual(10)
    const close = await boxOf(page.locator('#close'))
    expect(close.x + close.width).toBeLessThanOrEqual(390 - 12)
  })
})

test.each([320, 360, 479])('at a width of %i nothing stands out of the panel', async (width) => {
  site.upstream.next(answer([ALL_KINDS]))
  const { page, bubble, panel, ask, ended, still } = await site.visit(
    OWN +
      site.script(
        'data-launcher data-speed data-heading="A heading that is far too long for any phone there is"',
      ),
    { ...PHONE, viewport: { width, height: 568 } },
  )
  await bubble.tap()
  await panel.waitFor()
  await ask('A_question_without_a_single_space_in_it_that_is_longer_than_any_line_of_a_phone')
  await ended()
  await page.locator('.text pre').waitFor()
  await still()
  const outside = await page.locator('millrace-chat').evaluate((chat) => {
    const scrolled = (element: Element): boolean => element.closest('pre, .table') !== null
    return [...(chat.shadowRoot?.querySelectorAll('#panel *') ?? [])]
      .filter(
        (element) =>
          element.checkVisibility() && !scrolled(element) && !element.closest('.unseen, [aria-live]'),
      )
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect()
        return left < 0 || right > innerWidth + 0.5
      })
      .map((element) => `${element.tagName} ${element.className}`)
  })
  expect(outside).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
  for (const name of ['#list', '#new', '#close', '#send']) {
    const { width, height } = await boxOf(page.locator(name))
    expect([name, Math.min(width, height) >= 40]).toEqual([name, true])
  }
})

describe('an input method', () => {
  const compose = (session: CDPSession, text: string) =>
    session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })

  test('has its Enter for itself; the next one sends', async () => {
    const { page, box, ended } = await site.visit(OWN + site.script('data-launcher data-open data-lang="ja"'))
    const session = await page.context().newCDPSession(page)
    await box.focus()
    await compose(session, 'すいしゃ')
    await page.keyboard.press('Enter')
    expect(await box.inputValue()).toContain('すいしゃ')
    await session.send('Input.insertText', { text: '水車' })
    expect(await page.locator('.turn').count()).toBe(0)
    const written = (await box.inputValue()).trim()
    await page.keyboard.press('Enter')
    await ended()
    expect(await page.locator('.question').textContent()).toBe(written)
    expect(site.upstream.calls).toHaveLength(1)
  })

  test.each([
    ['while it composes', { isComposing: true }],
    ['as Safari sends it, after the end', { keyCode: 229 }],
    ['with Shift', { shiftKey: true }],
  ])('Enter %s sends neither a question nor a changed one', async (_, how) => {
    const { page, box, ask, ended, bubble } = await site.visit(OWN + site.script('data-launcher'))
    await bubble.click()
    await ask('Why?')
    await ended()
    await page.locator('.asked .edit').click()
    await box.fill('A draft')
    for (const textarea of await page.locator('textarea').all()) {
      await textarea.dispatchEvent('keydown', {
        key: 'Enter',
        bubbles: true,
        composed: true,
        cancelable: true,
        ...how,
      })
    }
    expect(await box.inputValue()).toBe('A draft')
    await box.press('Enter')
    await poll(() => page.locator('.turn').count()).toBe(2)
    await ended()
    expect(site.upstream.calls).toHaveLength(2)
  })
})
