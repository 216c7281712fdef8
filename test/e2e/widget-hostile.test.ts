/** The widget in pages whose styles would break it, and pages in which the widget would break something. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type Embedded, OWN, still, useEmbedding } from '../support/embedding.ts'
import { ALL_KINDS } from '../support/markdown-of-all-kinds.ts'
import { poll } from '../support/pages.ts'
import { answer } from '../support/scripts.ts'

const site = useEmbedding()

/** Or a page that resets all shows its own scripts as text. */
const UNREAD = 'head, head *, script { display: none !important }'

/** What pages do to all that is in them. */
const HOSTILE: [string, string][] = [
  ['resets all', `* { all: unset !important } ${UNREAD}`],
  ['resets all to what it was at first', `* { all: initial !important } ${UNREAD}`],
  ['hides buttons and fields', 'button, textarea, input, svg, section, form { display: none !important }'],
  ['hides everything', 'body *, millrace-chat { display: none !important; visibility: hidden !important }'],
  ['has giant letters', 'html { font-size: 62px } body { font: 40px/3 cursive }'],
  [
    'sets each element’s text',
    `* { font: italic 900 40px/3 cursive !important; letter-spacing: 1em !important; word-spacing: 1em !important;
      text-transform: uppercase !important; text-indent: 3em !important; text-align: right !important; color: red !important;
      white-space: nowrap !important; word-break: break-all !important; text-shadow: 0 0 9px red !important }`,
  ],
  ['writes from the right', 'html, * { direction: rtl !important; unicode-bidi: bidi-override !important }'],
  [
    'takes the pointer away',
    '* { pointer-events: none !important; user-select: none !important; cursor: wait !important }',
  ],
  [
    'styles elements by their names',
    `svg { width: 100% !important; fill: red !important; display: inline !important } p, h2, h3, ul, li, pre, table { margin: 50px !important }
      div, section, header, footer { padding: 50px !important; border: 9px solid red; float: left; position: static !important; background: red }
      button { width: 300px; text-transform: uppercase } textarea { height: 300px !important } ::placeholder { color: red }`,
  ],
  [
    'puts something before and behind each element',
    `*::before, *::after { content: "x" !important; display: block !important; padding: 20px !important }
      html::before, html::after, body::before, body::after { display: none !important } ${UNREAD}`,
  ],
  ['is dark', ':root { color-scheme: dark; accent-color: red } body { background: #000; color: #fff }'],
  [
    'uses the names of the widget',
    `.root, .launcher, #panel, #launcher, .header, .log, .dock, .answer, .text, [part] { display: none !important }
      :root { --paper: red; --ink: red; --accent: red; --line: red; --gap: 9px; --sans: cursive; --radius: 0; --left: 0px; --markdown-line: red }`,
  ],
]

/** What hits only an element that stands in the page's flow, as the page may wish. */
const HOSTILE_TO_BOXES: [string, string][] = [
  [
    'moves each element',
    'body, body *, millrace-chat { position: relative; top: 50px; margin: 20px; padding: 20px; border: 5px solid; transform: translate(30px) scale(0.5) }',
  ],
  [
    'puts each element into a layer',
    'body, body *, millrace-chat { z-index: 0; position: relative; opacity: 0.5; filter: blur(3px); isolation: isolate }',
  ],
  [
    'cuts each element off',
    'body, body *, millrace-chat { contain: strict; overflow: hidden; max-width: 50px; max-height: 50px; clip-path: inset(50%); content-visibility: hidden }',
  ],
]

/** In a page: where each element of the widget is, and each of its computed styles. */
async function measure(page: Page): Promise<Record<string, Record<string, string>>> {
  await still(page)
  const json = await page.evaluate(() => {
    const chat = document.querySelector('millrace-chat')
    const root = chat?.shadowRoot
    const measured: Record<string, Record<string, string>> = {}
    const stylesOf = (element: Element, pseudo?: string) => {
      const styles = getComputedStyle(element, pseudo)
      return Object.fromEntries(Array.from(styles, (name) => [name, styles.getPropertyValue(name)]))
    }
    // What is said to screen readers stands there for a moment.
    const elements = [...(root?.querySelectorAll('*') ?? [])].filter(
      (element) => !element.closest('[aria-live]'),
    )
    for (const [index, element] of elements.entries()) {
      const { x, y, width, height } = element.getBoundingClientRect()
      const name = `${index} ${element.tagName} ${element.id || element.className}`
      measured[name] = {
        // Where nothing is to be seen, it may be anywhere.
        box: width * height === 0 ? '' : [x, y, width, height].map((side) => side.toFixed(2)).join(' '),
        ...stylesOf(element),
      }
      if (element.matches('.answer, .dock')) measured[`${name}::before`] = stylesOf(element, '::before')
      if (element.matches('textarea')) measured[`${name}::placeholder`] = stylesOf(element, '::placeholder')
    }
    // A text: so many values, one by one, take Playwright seconds.
    return JSON.stringify(measured)
  })
  return JSON.parse(json)
}

/** Only what is not the same, so that a failure can be read. */
function differences(plain: Awaited<ReturnType<typeof measure>>, hostile: typeof plain): string[] {
  const names = new Set([...Object.keys(plain), ...Object.keys(hostile)])
  return [...names].flatMap((name) => {
    const [one, other] = [plain[name] ?? {}, hostile[name] ?? {}]
    return Object.keys({ ...one, ...other })
      .filter((property) => !property.startsWith('--') && one[property] !== other[property])
      .map((property) => `${name}: ${property}: ${one[property]} → ${other[property]}`)
  })
}

/** Opens the launcher's panel and asks, all by hand; then each kind of thing that there can be stands there. */
async function converse({ bubble, ended, page }: Embedded): Promise<void> {
  site.upstream.next(answer([ALL_KINDS]))
  await bubble.click()
  await page.getByRole('textbox', { name: 'Your question' }).click()
  await page.keyboard.type('What is a millrace?')
  await page.getByRole('button', { name: 'Send' }).click()
  await ended()
  await page.locator('.text pre').waitFor()
}

async function close({ page, panel, bubble }: Embedded): Promise<void> {
  await page.getByRole('button', { name: 'Close the chat' }).first().click()
  await panel.waitFor({ state: 'hidden' })
  await bubble.click({ trial: true })
}

/** So high that all of an answer is in view: of what isn't, the size is a guess. */
const TALL_WINDOW = {
  css: 'body { margin: 0 } :root { --millrace-height: 2100px }',
  viewport: { width: 1000, height: 2400 },
}

/** What is not as in a plain page, by what the page does. */
async function differencesIn(
  { page }: Embedded,
  pages: [string, string][],
): Promise<Record<string, string[]>> {
  // The last part to be loaded by itself.
  await page.locator('#conversations > .saving').waitFor({ state: 'attached' })
  const plain = await measure(page)
  expect(Object.keys(plain).length).toBeGreaterThan(30)
  const found: Record<string, string[]> = {}
  for (const [name, css] of pages) {
    await page.evaluate((css) => {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(css)
      document.adoptedStyleSheets = [sheet]
    }, css)
    const differ = differences(plain, await measure(page))
    if (differ.length > 0) found[name] = differ
  }
  return found
}

test('an open launcher looks as in a plain page, whatever the page does', async () => {
  const embedded = await site.visit(site.script('data-launcher'), TALL_WINDOW)
  await converse(embedded)
  expect(await differencesIn(embedded, [...HOSTILE, ...HOSTILE_TO_BOXES])).toEqual({})
})

test('so does a chat in the page', async () => {
  const body = `<millrace-chat starters="One?|Two?"></millrace-chat>${site.script()}`
  const embedded = await site.visit(body, TALL_WINDOW)
  await embedded.box.focus()
  await embedded.page.locator('[aria-live]').waitFor({ state: 'attached' })
  expect(await differencesIn(embedded, HOSTILE)).toEqual({})
})

test('so does a chat that is the page', async () => {
  const body = `<millrace-chat position="page" starters="One?|Two?"></millrace-chat>${site.script()}`
  const embedded = await site.visit(body, TALL_WINDOW)
  await embedded.box.focus()
  await embedded.page.locator('[aria-live]').waitFor({ state: 'attached' })
  // What it stands in is the page's own to move.
  const toIt = HOSTILE_TO_BOXES.map(([name, css]): [string, string] => [
    name,
    css.replace('body, body *, ', ''),
  ])
  expect(await differencesIn(embedded, [...HOSTILE, ...toIt])).toEqual({})
})

test.each([...HOSTILE.slice(0, 5), ...HOSTILE_TO_BOXES])('can be used in a page that %s', async (_, css) => {
  const embedded = await site.visit(OWN + site.script('data-launcher'), { css })
  await converse(embedded)
  expect(await embedded.answers.first().textContent()).toContain('The end.')
  await close(embedded)
})

describe('the page', () => {
  /** All of the page that a widget could change. */
  const snapshot = (page: Page) =>
    page.evaluate(() => {
      const own = [...document.querySelectorAll('html, body, main, main *')]
      const stylesOf = (element: Element) => {
        const styles = getComputedStyle(element)
        return Object.fromEntries(Array.from(styles, (name) => [name, styles.getPropertyValue(name)]))
      }
      const handlers = Object.keys(globalThis).filter((name) => name.startsWith('on'))
      return {
        styles: own.map(stylesOf),
        boxes: own.map((element) => JSON.stringify(element.getBoundingClientRect())),
        attributes: own.map((element) =>
          Array.from(element.attributes, ({ name, value }) => `${name}=${value}`),
        ),
        elements: [...document.querySelectorAll('*:not(millrace-chat)')].map(({ tagName }) => tagName),
        globals: Object.getOwnPropertyNames(globalThis).sort(),
        handlers: handlers.filter(
          (name) => (globalThis as unknown as Record<string, unknown>)[name] !== null,
        ),
        builtIns: [
          Object,
          Array,
          String,
          Promise,
          Element,
          Node,
          HTMLElement,
          Document,
          EventTarget,
          Event,
          Window,
        ].map(({ prototype }) => Object.getOwnPropertyNames(prototype).length),
        natives: [fetch, setTimeout, history.pushState, Element.prototype.attachShadow, addEventListener].map(
          (native) => String(native),
        ),
        sheets: [document.styleSheets.length, document.adoptedStyleSheets.length],
        title: document.title,
        address: location.href,
        history: [history.length, JSON.stringify(history.state)],
        scroll: [scrollX, scrollY],
        selection: String(getSelection()),
        cookies: document.cookie,
        name,
        kept: [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter(
          (key) => !key.startsWith('millrace-'),
        ),
      }
    })

  const TALL = `<div id="tall"></div>${OWN}`
  const css = '#tall { height: 3000px } main { color: teal }'

  test.each(['session', 'local'])('is as it was, with storage %s', async (storage) => {
    const embedded = await site.visit(TALL, { css })
    const { page } = embedded
    await page.evaluate(() => {
      localStorage.setItem('theirs', '1')
      sessionStorage.setItem('theirs', '1')
      scrollTo(0, 1234)
    })
    // What Playwright itself needs is there from now on.
    await page.locator('#field').waitFor()
    const before = await snapshot(page)
    await page.evaluate(`import('${site.url}/widget.js')`)
    await page.evaluate((storage) => {
      const chat = document.createElement('millrace-chat')
      chat.setAttribute('launcher', '')
      chat.setAttribute('storage', storage)
      document.documentElement.append(chat)
    }, storage)
    await embedded.bubble.waitFor()
    expect(await snapshot(page)).toEqual(before)
    await converse(embedded)
    expect({ ...(await snapshot(page)), elements: [] }).toEqual({ ...before, elements: [] })
    await close(embedded)
    expect({ ...(await snapshot(page)), elements: [] }).toEqual({ ...before, elements: [] })
    await embedded.call((chat) => chat.remove())
    // A part that is still on its way has a link in the page until it is there.
    await poll(() => snapshot(page)).toEqual(before)
  })

  test('has its keys for itself', async () => {
    const { page, bubble, box, panel } = await site.visit(OWN + site.script('data-launcher'))
    await page.evaluate(() => {
      document.addEventListener('keydown', (event) =>
        globalThis.told.push(['key', `${event.key} ${event.defaultPrevented}`]),
      )
    })
    const keys = () =>
      page.evaluate(() => globalThis.told.splice(0).flatMap(([name, key]) => (name === 'key' ? [key] : [])))
    await page.locator('#field').focus()
    for (const key of ['Escape', 'Enter', 'a', '/']) await page.keyboard.press(key)
    expect(await keys()).toEqual(['Escape false', 'Enter false', 'a false', '/ false'])
    expect(await page.locator('#field').inputValue()).toBe('a/')
    await bubble.click()
    await page.locator('#field').click()
    await page.keyboard.press('Escape')
    expect(await keys()).toEqual(['Escape false'])
    expect(await panel.isVisible()).toBe(true)
    await box.focus()
    await page.keyboard.press('Escape')
    expect(await keys()).toEqual([])
    expect(await panel.isVisible()).toBe(false)
  })

  test('takes no key that is typed into the chat for a shortcut of its own', async () => {
    const { page, bubble, box } = await site.visit(OWN + site.script('data-launcher'))
    // As many sites do it: `/` goes to the search, unless one is typing already.
    await page.evaluate(() =>
      document.addEventListener('keydown', (event) => {
        if (event.key !== '/' || (event.target as Element).matches('input, textarea')) return
        event.preventDefault()
        document.querySelector<HTMLElement>('#field')?.focus()
      }),
    )
    await bubble.click()
    await page.keyboard.type('and/or')
    expect(await box.inputValue()).toBe('and/or')
  })

  test('is neither locked nor scrolled while the chat is open, and its buttons can be pressed', async () => {
    const { page, bubble, panel } = await site.visit(TALL + site.script('data-launcher'), { css })
    await page.evaluate(() => scrollTo(0, 500))
    await bubble.click()
    await panel.waitFor()
    expect(await page.evaluate(() => scrollY)).toBe(500)
    await page.mouse.move(100, 300)
    await page.mouse.wheel(0, 300)
    await poll(() => page.evaluate(() => scrollY)).toBe(800)
    await page.locator('#own').click()
    expect(await page.locator('#own').evaluate((button) => button.matches(':focus'))).toBe(true)
    expect(await panel.isVisible()).toBe(true)
  })
})
