/** The page in a real browser, for all the tests of a file. */
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { startBrowser, WAIT_MS } from './browser.ts'

/** The parts of the page that tests use, found by role and name, as a reader finds them. */
export interface Visit {
  page: Page
  box: Locator
  send: Locator
  stop: Locator
  retry: Locator
  /** The answers' texts, in order. */
  answers: Locator
  /** The note below an answer about its end. (Screen readers get it too.) */
  note(words: string): Locator
  /** The element in which the conversation scrolls. */
  log: Locator
  /** Types a question and sends it. */
  ask(question?: string): Promise<void>
  /** Waits until the parts of a conversation are loaded, and the kept conversation is shown. */
  ready(): Promise<void>
  /** Waits until the latest answer has ended in any way. */
  ended(): Promise<void>
  /** Opens another tab with a copy of this one's storage, like a browser's "Duplicate". */
  duplicate(): Promise<Visit>
}

export interface VisitOptions extends BrowserContextOptions {
  /** Log lines and requests to other servers that this visit may cause. */
  expected?: RegExp
  /** Runs before the page is opened, such as to replace a server's answer. */
  before?(context: BrowserContext): Promise<void>
}

/**
 * Each visit has a browser context of its own. After each test its pages must not have logged or thrown an
 * error, or sent a request to another server.
 *
 * @example
 *   const visit = usePages()
 *   test('…', async () => { const { ask, answers } = await visit(house.url) })
 */
export function usePages(): (url: string, options?: VisitOptions) => Promise<Visit> {
  let browser: Browser | undefined
  let problems: string[] = []
  beforeAll(async () => {
    browser = await startBrowser()
  })
  const leave = async () => {
    for (const context of browser?.contexts() ?? []) await context.close()
  }
  // As vitest skips the remaining `afterEach` hooks once one has failed.
  beforeEach(({ onTestFinished }) => {
    problems = []
    onTestFinished(leave)
  })
  afterEach(async () => {
    await leave()
    expect(problems).toEqual([])
  })
  afterAll(() => browser?.close())

  return async (url, { expected, before, ...options } = {}) => {
    if (!browser) throw new TypeError('Pages can be visited only inside tests.')
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options })
    context.setDefaultTimeout(WAIT_MS)
    const note = (problem: string) => {
      if (!expected?.test(problem)) problems.push(problem)
    }
    context.on('page', (page) => {
      page.on('pageerror', (error) => note(`threw: ${error}`))
      page.on('request', (request) => {
        if (!request.url().startsWith(`${url}/`)) note(`asked: ${request.url()}`)
      })
      page.on('console', (message) => {
        // Chromium itself reports each refusal of the API; the page shows it to the reader.
        const refusal = message.location().url.startsWith(`${url}/v1/`)
        // Words to the site's owner: widget-setup.test.ts reads them.
        const owners = message.text().startsWith('Millrace: ')
        if (message.type() === 'error' && !refusal && !owners) note(`logged: ${message.text()}`)
      })
    })
    await before?.(context)
    const page = await context.newPage()
    await page.goto(`${url}/`)
    return toVisit(page)
  }
}

/**
 * Waits until the page shows this.
 *
 * @param ms how long; by default as long as `expect.poll` does
 */
export const poll = <T>(look: () => Promise<T>, ms?: number) =>
  expect.poll(look, ms === undefined ? {} : { timeout: ms })

/**
 * Waits until what has ended is shown. What renders answers is loaded with the first one, and can come after
 * its end.
 */
export const rendered = (page: Page) =>
  page
    .locator('.answer:not([data-state="waiting"], [data-state="flowing"]) .text[aria-busy="true"]')
    .first()
    .waitFor({ state: 'detached' })

/** Also works in a shadow tree: from outside, the tree's host has the focus. */
export const isFocused = (control: Locator) => control.evaluate((element) => element.matches(':focus'))

/** Records what screen readers are told from now on, by any part of the page. */
export async function hear(page: Page): Promise<() => Promise<string[]>> {
  await page.locator('#log').waitFor({ state: 'attached' })
  await page.evaluate(() => {
    const heard: string[] = []
    const note = (records: MutationRecord[]) => {
      for (const { target, addedNodes } of records) {
        if (!(target as Element).closest('[aria-live], [role=status]')) continue
        for (const { textContent } of addedNodes) heard.push(textContent ?? '')
      }
    }
    // A MutationObserver doesn't see into shadow trees.
    const trees = [document.body, document.querySelector('millrace-chat')?.shadowRoot]
    for (const tree of trees) {
      if (tree) new MutationObserver(note).observe(tree, { subtree: true, childList: true })
    }
    Object.assign(window, { heard })
  })
  return () => page.evaluate(() => (window as unknown as { heard: string[] }).heard)
}

function toVisit(page: Page): Visit {
  const box = page.getByRole('textbox', { name: 'Your question' })
  const send = page.getByRole('button', { name: 'Send', exact: true })
  return {
    page,
    box,
    send,
    stop: page.getByRole('button', { name: 'Stop the answer' }),
    retry: page.getByRole('button', { name: /^Try again/ }),
    answers: page.locator('.answer .text'),
    note: (words) => page.locator('.note').getByText(words, { exact: true }),
    log: page.locator('#log'),
    async ask(question = 'Why?') {
      await box.fill(question)
      await box.press('Enter')
    },
    // The live region comes with the parts of a conversation.
    ready: () => page.locator('millrace-chat [aria-live]').waitFor({ state: 'attached' }),
    async ended() {
      // After a reload the box accepts a question before the page knows of an answer that is still coming.
      await page.locator('.turn').first().waitFor({ state: 'attached' })
      // Never that of an earlier answer: a question takes the button away in the task of its key or click.
      await send.waitFor()
      await rendered(page)
    },
    async duplicate() {
      const [copy] = await Promise.all([
        page.waitForEvent('popup'),
        page.evaluate(() => void open(location.href)),
      ])
      return toVisit(copy)
    },
  }
}
