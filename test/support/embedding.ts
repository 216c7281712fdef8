/**
 * The widget in a page of another origin: a site on one port, Millrace on another, a visitor's session
 * between them, and the strictest policy on every page.
 */
import type { Locator, Page } from 'playwright-core'
import type { MillraceChat } from '../../client/widget/millrace-chat.ts'
import { useForeignSite, type VisitorOptions } from './foreign-site.ts'
import { rendered } from './pages.ts'
import { html, type Page as SitePage, strictPolicy } from './site.ts'
import type { Upstream } from './upstream.ts'

/** A page with the widget, and the widget's parts by name. */
export interface Embedded {
  page: Page
  chat: Locator
  bubble: Locator
  panel: Locator
  box: Locator
  send: Locator
  stop: Locator
  /** The answers' texts, in order. */
  answers: Locator
  /** Types a question and sends it. */
  ask(question?: string): Promise<void>
  /** Waits until an answer is partly shown. */
  begun(): Promise<void>
  /** Waits until the latest answer has ended in any way. */
  ended(): Promise<void>
  /**
   * Waits until all animations have ended, except endless ones such as the water beside an answer, and those
   * that scrolling drives.
   */
  still(): Promise<void>
  /** Calls the first chat of the page. */
  call<T = unknown>(act: (chat: MillraceChat) => T): Promise<Awaited<T>>
  /** The details of all events of this name. */
  told(name: string): Promise<unknown[]>
}

export interface EmbeddedOptions extends VisitorOptions {
  /** Added to the site's own style sheet. */
  css?: string
  /** Placed in the site's head, before the widget's tags. */
  head?: string
  /** The page's language; empty for none. */
  language?: string
  /** Where its policy lets images come from. */
  images?: string
  /** Whether its policy lets the Worker's frames in. */
  frames?: boolean
}

export interface Embedding {
  /** Millrace's address. */
  readonly url: string
  readonly siteUrl: string
  readonly upstream: Upstream
  readonly logs: Record<string, unknown>[]
  /** The tag that a site puts into its pages. */
  script(attributes?: string): string
  /** Opens a page of the site with these tags, and waits until its chats are usable. */
  visit(body: string, options?: EmbeddedOptions): Promise<Embedded>
}

/** The site's own content beside the widget. It has everything that an accessible page needs. */
export const OWN = `<main><h1>A site</h1><p>About <a href="#mills">mills</a>.</p>
  <button id="own" type="button">A button of the site</button><input id="field" aria-label="A field of the site"></main>`

/**
 * Each visit has a browser context of its own.
 *
 * @example
 *   const site = useEmbedding()
 *   test('…', async () => {
 *     const { ask, answers } = await site.visit(site.script('data-launcher'))
 *   })
 */
export function useEmbedding(vars: Record<string, string> = {}): Embedding {
  const pages = new Map<string, SitePage>()
  const { here, visitor } = useForeignSite((path) => pages.get(path), vars)

  async function visit(
    body: string,
    { css = '', head = '', language = 'en', images = '', frames = false, ...options }: EmbeddedOptions = {},
  ): Promise<Embedded> {
    const { site, edge } = here()
    const page = await (await visitor(options)).newPage()
    const path = `/${pages.size}`
    const style = css && `<style nonce="own">${css}</style>`
    const policy =
      strictPolicy(edge.url, css ? "'nonce-own'" : undefined) +
      (images && `; img-src ${images}`) +
      (frames ? `; frame-src ${edge.url}` : '')
    pages.set(path, html(body, policy, head + style, language))
    await page.goto(site.url + path)
    const chats = page.locator('millrace-chat')
    if (body.includes('data-launcher') || body.includes('<millrace-chat'))
      await chats.locator('.root').first().waitFor({ state: 'attached' })
    return toEmbedded(page)
  }

  return {
    get url() {
      return here().edge.url
    },
    get siteUrl() {
      return here().site.url
    },
    get upstream() {
      return here().upstream
    },
    get logs() {
      return here().millrace.logs
    },
    script: (attributes = '') =>
      `<script type="module" src="${here().edge.url}/widget.js" ${attributes}></script>`,
    visit,
  }
}

function toEmbedded(page: Page): Embedded {
  const box = page.locator('#question')
  const send = page.locator('#send')
  return {
    page,
    chat: page.locator('millrace-chat'),
    bubble: page.locator('#launcher'),
    panel: page.locator('#panel'),
    box,
    send,
    stop: page.locator('#stop'),
    answers: page.locator('.answer .text'),
    async ask(question = 'Why?') {
      await box.fill(question)
      await box.press('Enter')
    },
    begun: () => page.locator('.answer[data-state="flowing"] .text :not(:empty)').first().waitFor(),
    async ended() {
      await page.locator('.turn').first().waitFor()
      // Never that of an earlier answer: a question takes the button away in the task of its key or click.
      await send.waitFor()
      await rendered(page)
    },
    still: () => still(page),
    call: (act) =>
      page
        .locator('millrace-chat')
        .first()
        .evaluate(act as never),
    told: (name) =>
      page.evaluate(
        (name) => globalThis.told.filter(([told]) => told === name).map(([, detail]) => detail),
        name,
      ),
  }
}

export function still(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const trees = [
      document,
      ...Array.from(document.querySelectorAll('millrace-chat'), (chat) => chat.shadowRoot),
    ]
    const finite = trees
      .flatMap((tree) => tree?.getAnimations() ?? [])
      .filter(
        ({ effect, timeline }) =>
          timeline instanceof DocumentTimeline &&
          effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY,
      )
    await Promise.allSettled(finite.map(({ finished }) => finished))
  })
}
