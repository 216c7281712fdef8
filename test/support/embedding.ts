/**
 * The widget in a page of another origin, as a site has it: a site on one port, Millrace on another, a visitor's session
 * between them, and the strictest policy on every page.
 */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { MillraceChat } from '../../client/widget/millrace-chat.ts'
import { startBrowser } from './browser.ts'
import { type Edge, startEdge } from './edge.ts'
import { UPSTREAM_KEY } from './house.ts'
import { type Millrace, startMillrace } from './millrace.ts'
import { html, type Site, type Page as SitePage, startSite, strictPolicy } from './site.ts'
import { startUpstream, type Upstream } from './upstream.ts'

declare global {
  /** What the chats of a page have told it, in order: `[name, detail]`. */
  var told: [string, unknown][]
}

/** A page with the widget, and its parts by the names that they have there. */
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
  /** Waits until an answer has begun to be shown. */
  begun(): Promise<void>
  /** Waits until the latest answer has ended, however. */
  ended(): Promise<void>
  /** Waits until nothing moves but what goes on moving, such as the water beside an answer. */
  still(): Promise<void>
  /** Calls the first chat of the page. */
  call<T = unknown>(act: (chat: MillraceChat) => T): Promise<Awaited<T>>
  /** Of an event's name, what was told with it. */
  told(name: string): Promise<unknown[]>
}

export interface EmbeddedOptions extends BrowserContextOptions {
  /** What may be logged, or asked of another server, in this page. */
  expected?: RegExp
  /** Of the site's own style sheet. */
  css?: string
  /** In the site's head, before anything of the widget. */
  head?: string
  /** The page's language; empty for none. */
  language?: string
  /** Run in the page before anything else. */
  init?: () => void
}

export interface Embedding {
  /** Millrace's address. */
  readonly url: string
  readonly siteUrl: string
  readonly upstream: Upstream
  readonly logs: Record<string, unknown>[]
  /** The tag that a site puts into its pages. */
  script(attributes?: string): string
  /** Opens a page of the site with these tags, and waits until its chats can be used. */
  visit(body: string, options?: EmbeddedOptions): Promise<Embedded>
}

/** Of what the pages' own, beside the widget. It has all that a page needs to be accessible. */
export const OWN = `<main><h1>A site</h1><p>About <a href="#mills">mills</a>.</p>
  <button id="own" type="button">A button of the site</button><input id="field" aria-label="A field of the site"></main>`

const EVENTS = ['ready', 'open', 'close', 'ask', 'delta', 'answer', 'error', 'feedback'].map(
  (name) => `millrace-${name}`,
)

/**
 * Each visit has a browser context of its own. After each test, none of its pages may have logged an error, thrown one,
 * violated the policy, or asked another server than these two for anything.
 *
 * @example
 *   const site = useEmbedding()
 *   test('…', async () => {
 *     const { ask, answers } = await site.visit(site.script('data-launcher'))
 *   })
 */
export function useEmbedding(vars: Record<string, string> = {}): Embedding {
  let running:
    | { upstream: Upstream; site: Site; millrace: Millrace; edge: Edge; browser: Browser }
    | undefined
  let problems: string[] = []
  const pages = new Map<string, SitePage>()
  const here = () => {
    if (!running) throw new TypeError('Pages can be visited only inside tests.')
    return running
  }

  beforeAll(async () => {
    const [upstream, site, browser] = await Promise.all([
      startUpstream(),
      startSite((path) => pages.get(path)),
      startBrowser(),
    ])
    const millrace = await startMillrace({
      OPEN_ACCESS: 'false',
      SESSION_SECRET: 'a secret of more than thirty-two characters',
      ALLOWED_ORIGINS: site.url,
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      OPENAI_API_KEY: UPSTREAM_KEY,
      MODELS: 'gpt-test, gpt-other',
      ...vars,
    })
    running = { upstream, site, browser, millrace, edge: await startEdge(millrace.url) }
  })
  afterEach(async () => {
    for (const context of here().browser.contexts()) await context.close()
    await here().upstream.clear()
    const seen = problems
    problems = []
    expect(seen).toEqual([])
  })
  afterAll(async () => {
    if (!running) return
    await running.browser.close()
    running.site.stop()
    running.edge.stop()
    await running.millrace.stop()
    await running.upstream.stop()
  })

  async function visit(
    body: string,
    { expected, css = '', head = '', language = 'en', init, ...options }: EmbeddedOptions = {},
  ): Promise<Embedded> {
    const { browser, site, edge } = here()
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options })
    const note = (problem: string) => void (expected?.test(problem) || problems.push(problem))
    const page = await context.newPage()
    page.on('pageerror', (error) => note(`threw: ${error}`))
    page.on('request', (request) => {
      const from = new URL(request.url()).origin
      // Files that the reader saves are made in the page.
      if (![site.url, edge.url, 'null'].includes(from)) note(`asked: ${request.url()}`)
    })
    page.on('console', (message) => {
      // Chromium itself reports each refusal of the API; the widget shows it to the reader.
      const refusal = message.location().url.startsWith(`${edge.url}/v1/`)
      if (['error', 'warning'].includes(message.type()) && !refusal) note(`logged: ${message.text()}`)
    })
    await page.addInitScript(watch, EVENTS)
    if (init) await page.addInitScript(init)
    const path = `/${pages.size}`
    const style = css && `<style nonce="own">${css}</style>`
    const policy = strictPolicy(edge.url, css ? "'nonce-own'" : undefined)
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

/** In the page: notes what its chats tell, and what the policy kept from being done. */
function watch(events: string[]): void {
  globalThis.told = []
  for (const name of events) {
    document.addEventListener(name, (event) => globalThis.told.push([name, (event as CustomEvent).detail]))
  }
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    console.error(`violated ${violatedDirective}: ${blockedURI} ${sample}`),
  )
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
      await send.waitFor()
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
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
    await Promise.allSettled(finite.map(({ finished }) => finished))
  })
}
