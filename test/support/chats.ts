/** The widget on a site of another origin, as visitors use it: page after page, in one tab or in two. */
import type { BrowserContext, Locator, Page } from 'playwright-core'
import type { MillraceEvents } from '../../client/widget/events.ts'
import type { MillraceChat } from '../../client/widget/millrace-chat.ts'
import { useForeignSite, type VisitorOptions } from './foreign-site.ts'
import { rendered } from './pages.ts'
import { html, strictPolicy } from './site.ts'
import type { Upstream } from './upstream.ts'

type EventName = keyof MillraceEvents

/** One tab and the parts of its chat. */
export interface Chat {
  page: Page
  /** The address of its site. */
  site: string
  panel: Locator
  log: Locator
  box: Locator
  send: Locator
  stop: Locator
  latest: Locator
  /** In order, like the texts of their answers. */
  turns: Locator
  answers: Locator
  /** A button of the latest turn, by its name. */
  action(name: string): Locator
  trouble: Locator
  retry: Locator
  /** Types a question and sends it. */
  ask(question?: string): Promise<void>
  /** Waits until the answer of the shown conversation has ended in any way. */
  ended(): Promise<void>
  /** Shows the list of conversations, or the conversation again. */
  toggleList(): Promise<void>
  /** The titles in the list, which must be shown. */
  titles(): Promise<string[]>
  /** Continues the conversation with this title. */
  open(title: string): Promise<void>
  begin(): Promise<void>
  /** Calls the element. */
  call<T>(act: (chat: MillraceChat) => T): Promise<Awaited<T>>
  /** The details of each event of this name on this page. */
  told<Name extends EventName>(name: Name): Promise<MillraceEvents[Name]['detail'][]>
  /** The focused element's label, id or tag, through all shadow trees. */
  focused(): Promise<string>
  /** Opens another page of the site. */
  go(path: string): Promise<void>
  /** Opens another tab of the same browser: it shares only what all tabs share. */
  tab(): Promise<Chat>
}

export interface Chats {
  readonly url: string
  readonly upstream: Upstream
  readonly logs: Record<string, unknown>[]
  /** The questions that the upstream got, in order. */
  readonly asked: unknown[]
  /** Opens a new visitor's tab, on a page with this chat. */
  visit(attributes?: string, options?: VisitorOptions): Promise<Chat>
}

/**
 * Each visit has a browser context of its own.
 *
 * @example
 *   const chats = useChats()
 *   test('…', async () => { const { ask, answers } = await chats.visit('speed') })
 */
export function useChats(vars: Record<string, string> = {}): Chats {
  let attributes = ''
  // Every path has a page with the chat.
  const { here, visitor } = useForeignSite((_, { edge }) => {
    const script = `<script type="module" src="${edge.url}/widget.js"></script>`
    return html(`${script}<millrace-chat ${attributes}></millrace-chat>`, strictPolicy(edge.url))
  }, vars)

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
    async visit(wanted = '', options) {
      attributes = wanted
      return openTab(await visitor(options), here().site.url)
    },
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
  const toggleList = async () => {
    await page.locator('#list').click()
    // The list's code is loaded after the conversation's.
    await page.locator('#conversations:not([hidden]):not(:has(> .days))').waitFor({ state: 'detached' })
  }
  await go('/')
  return {
    page,
    site,
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
      // Never that of an earlier answer: a question takes the button away in the task of its key or click.
      await send.waitFor()
      await rendered(page)
    },
    toggleList,
    titles: () => page.locator('.conversation-list .title').allTextContents(),
    async open(title) {
      // Beside the conversation, the list stays.
      if (!(await page.locator('#conversations').isVisible())) await toggleList()
      await page.locator('.conversation-list .open').filter({ hasText: title }).click()
    },
    begin: () => page.locator('#new').click(),
    call: (act) => page.locator('millrace-chat').evaluate(act as never),
    told: (name) =>
      page.evaluate(
        (name) => globalThis.told.filter(([told]) => told === name).map(([, detail]) => detail),
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
