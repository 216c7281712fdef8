/** The widget on a site of another origin, as its visitors have it: page after page, in one tab or in two. */
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { MillraceEvents } from '../../client/widget/events.ts'
import type { MillraceChat } from '../../client/widget/millrace-chat.ts'
import { startBrowser } from './browser.ts'
import { type Edge, startEdge } from './edge.ts'
import { VISITORS } from './gate.ts'
import { UPSTREAM_KEY } from './house.ts'
import { type Millrace, startMillrace } from './millrace.ts'
import { html, type Site, startSite, strictPolicy } from './site.ts'
import { startUpstream, type Upstream } from './upstream.ts'

type EventName = keyof MillraceEvents

/** One tab, and the parts of its chat. */
export interface Chat {
  page: Page
  panel: Locator
  log: Locator
  box: Locator
  send: Locator
  stop: Locator
  latest: Locator
  /** In order, as are the texts of their answers. */
  turns: Locator
  answers: Locator
  /** A button of the latest turn, by its name. */
  action(name: string): Locator
  trouble: Locator
  retry: Locator
  /** Types a question and sends it. */
  ask(question?: string): Promise<void>
  /** Waits until the answer of the conversation that is shown has ended, however. */
  ended(): Promise<void>
  /** Shows the list of conversations, or the conversation again. */
  toggleList(): Promise<void>
  /** The titles in the list, which is to be shown. */
  titles(): Promise<string[]>
  /** Goes on with the conversation of this title. */
  open(title: string): Promise<void>
  begin(): Promise<void>
  /** Calls the element. */
  call<T>(act: (chat: MillraceChat) => T): Promise<Awaited<T>>
  /** What was told with each event of this name, on this page. */
  told<Name extends EventName>(name: Name): Promise<MillraceEvents[Name]['detail'][]>
  /** What has the focus: its label, id or tag; through all shadow trees. */
  focused(): Promise<string>
  /** Another page of the site. */
  go(path: string): Promise<void>
  /** Another tab of the same browser, with nothing but what all of them have in common. */
  tab(): Promise<Chat>
}

export interface ChatOptions extends BrowserContextOptions {
  /** Run in each page before anything else. */
  init?: () => void
  /** What may be logged in these pages. */
  expected?: RegExp
}

export interface Chats {
  readonly url: string
  readonly upstream: Upstream
  readonly logs: Record<string, unknown>[]
  /** What the upstream was asked, question by question. */
  readonly asked: unknown[]
  /** A new visitor's tab, on a page with this chat in it. */
  visit(attributes?: string, options?: ChatOptions): Promise<Chat>
}

const EVENTS: EventName[] = [
  'millrace-ask',
  'millrace-delta',
  'millrace-answer',
  'millrace-error',
  'millrace-feedback',
]

/**
 * Each visit has a browser context of its own. After each test, none of its pages may have logged an error, thrown one, or
 * asked anybody for anything but the site and Millrace.
 *
 * @example
 *   const chats = useChats()
 *   test('…', async () => { const { ask, answers } = await chats.visit('speed') })
 */
export function useChats(vars: Record<string, string> = {}): Chats {
  let running:
    | { upstream: Upstream; site: Site; millrace: Millrace; edge: Edge; browser: Browser }
    | undefined
  let problems: string[] = []
  let attributes = ''
  const here = () => {
    if (!running) throw new TypeError('Chats can be visited only inside tests.')
    return running
  }

  beforeAll(async () => {
    const [upstream, browser] = await Promise.all([startUpstream(), startBrowser()])
    // Whatever its path, a page has the chat.
    const site = await startSite(() => {
      const { edge } = here()
      const script = `<script type="module" src="${edge.url}/widget.js"></script>`
      return html(`${script}<millrace-chat ${attributes}></millrace-chat>`, strictPolicy(edge.url))
    })
    const millrace = await startMillrace({
      ...VISITORS,
      ALLOWED_ORIGINS: site.url,
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      OPENAI_API_KEY: UPSTREAM_KEY,
      MODELS: 'gpt-test',
      ...vars,
    })
    running = { upstream, site, millrace, edge: await startEdge(millrace.url), browser }
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

  return {
    get url() {
      return here().edge.url
    },
    get upstream() {
      return here().upstream
    },
    get logs() {
      return here().millrace.logs
    },
    get asked() {
      return here()
        .upstream.calls.filter(({ path }) => path === '/v1/chat/completions')
        .map(({ request }) => request.messages)
    },
    async visit(wanted = '', { init, expected, ...options } = {}) {
      const { browser, site, edge } = here()
      attributes = wanted
      const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options })
      context.on('page', (page) => {
        const note = (problem: string) => void (expected?.test(problem) || problems.push(problem))
        page.on('pageerror', (error) => note(`threw: ${error}`))
        page.on('request', (request) => {
          const { protocol, origin } = new URL(request.url())
          // Files that the reader saves are made in the page.
          if (protocol !== 'blob:' && ![site.url, edge.url].includes(origin)) note(`asked: ${request.url()}`)
        })
        page.on('console', (message) => {
          // Chromium itself reports each refusal of the API; the widget shows it to the reader.
          const refusal = message.location().url.startsWith(`${edge.url}/v1/`)
          if (message.type() === 'error' && !refusal) note(`logged: ${message.text()}`)
        })
      })
      await context.addInitScript(listen, EVENTS)
      if (init) await context.addInitScript(init)
      return openTab(context, site.url)
    },
  }
}

interface Told {
  told: [name: string, detail: unknown][]
}

/** In the page: notes what its chat tells. */
function listen(names: string[]): void {
  const told: Told['told'] = []
  Object.assign(globalThis, { told })
  for (const name of names) {
    document.addEventListener(name, (event) => told.push([name, (event as CustomEvent).detail]))
  }
}

async function openTab(context: BrowserContext, site: string): Promise<Chat> {
  const page = await context.newPage()
  const box = page.locator('#question')
  const send = page.locator('#send')
  const turns = page.locator('.turn')
  const go = async (path: string) => {
    await page.goto(site + path)
    await page.locator('#panel').waitFor({ state: 'attached' })
  }
  const toggleList = () => page.locator('#list').click()
  await go('/')
  return {
    page,
    panel: page.locator('#panel'),
    log: page.locator('#log'),
    box,
    send,
    stop: page.locator('#stop'),
    latest: page.locator('#latest'),
    turns,
    answers: page.locator('.answer .text'),
    action: (name) => turns.last().getByRole('button', { name, exact: true }),
    trouble: page.locator('.trouble-card'),
    retry: page.locator('.retry'),
    async ask(question = 'Why?') {
      await box.fill(question)
      await box.press('Enter')
    },
    async ended() {
      await turns.first().waitFor()
      await send.waitFor()
    },
    toggleList,
    titles: () => page.locator('.conversation-list .title').allTextContents(),
    async open(title) {
      await toggleList()
      await page.locator('.conversation-list .open').filter({ hasText: title }).click()
    },
    begin: () => page.locator('#new').click(),
    call: (act) => page.locator('millrace-chat').evaluate(act as never),
    told: (name) =>
      page.evaluate(
        (name) =>
          (globalThis as unknown as Told).told.filter(([told]) => told === name).map(([, detail]) => detail),
        name,
      ) as never,
    focused: () =>
      page.evaluate(() => {
        let element = document.activeElement
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
        return element?.id || element?.ariaLabel || element?.tagName || ''
      }),
    go,
    tab: () => openTab(context, site),
  }
}
