/**
 * A site on one port, Millrace on another, an upstream behind it and visitors' sessions between them, for
 * all the tests of a file.
 */
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { MillraceEvents } from '../../client/widget/events.ts'
import { startBrowser, WAIT_MS } from './browser.ts'
import { startEdge } from './edge.ts'
import type { Front } from './front.ts'
import { VISITORS } from './gate.ts'
import { UPSTREAM_KEY } from './house.ts'
import { type Millrace, startMillrace } from './millrace.ts'
import { type Page, type Site, startSite } from './site.ts'
import { startUpstream, type Upstream } from './upstream.ts'

declare global {
  /** Events of the page's chats, in order. */
  var told: [name: string, detail: unknown][]
}

interface Running {
  upstream: Upstream
  site: Site
  millrace: Millrace
  /** Millrace's address, as a deployment has it. */
  edge: Front
  browser: Browser
}

export interface VisitorOptions extends BrowserContextOptions {
  /** Log lines and requests to other servers that these pages may cause. */
  expected?: RegExp | undefined
  /** Runs in each page before anything else. */
  init?: (() => void) | undefined
}

export interface ForeignSite {
  /** @throws {TypeError} outside of tests */
  here(): Running
  /**
   * A new visitor's browser. After each test its pages must not have logged an error or a warning, thrown an
   * error, violated their policy, or sent a request to any server but these two.
   */
  visitor(options?: VisitorOptions): Promise<BrowserContext>
}

const EVENTS: (keyof MillraceEvents)[] = [
  'millrace-ready',
  'millrace-open',
  'millrace-close',
  'millrace-ask',
  'millrace-delta',
  'millrace-answer',
  'millrace-error',
  'millrace-feedback',
]

/** @param pageAt returns the page at a path of the site */
export function useForeignSite(
  pageAt: (path: string, running: Running) => Page | undefined,
  vars: Record<string, string> | ((upstream: Upstream) => Record<string, string>),
): ForeignSite {
  let running: Running | undefined
  let problems: string[] = []
  const here = () => {
    if (!running) throw new TypeError('Pages can be visited only inside tests.')
    return running
  }

  beforeAll(async () => {
    const [upstream, site, browser] = await Promise.all([
      startUpstream(),
      startSite((path) => pageAt(path, here())),
      startBrowser(),
    ])
    const millrace = await startMillrace({
      ...VISITORS,
      ALLOWED_ORIGINS: site.url,
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      OPENAI_API_KEY: UPSTREAM_KEY,
      MODELS: 'gpt-test, gpt-other',
      ...(typeof vars === 'function' ? vars(upstream) : vars),
    })
    running = { upstream, site, browser, millrace, edge: await startEdge(millrace.url) }
  })
  const leave = async () => {
    for (const context of here().browser.contexts()) await context.close()
  }
  // As vitest skips the remaining `afterEach` hooks once one has failed.
  beforeEach(({ onTestFinished }) => {
    problems = []
    onTestFinished(async () => {
      await leave()
      await here().upstream.clear()
    })
  })
  afterEach(async () => {
    await leave()
    expect(problems).toEqual([])
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
    here,
    async visitor({ expected, init, ...options } = {}) {
      const { browser, site, edge } = here()
      const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options })
      context.setDefaultTimeout(WAIT_MS)
      const note = (problem: string) => void (expected?.test(problem) || problems.push(problem))
      context.on('page', (page) => {
        page.on('pageerror', (error) => note(`threw: ${error}`))
        page.on('request', (request) => {
          const { protocol, origin } = new URL(request.url())
          // Files that the reader saves are made in the page.
          if (protocol !== 'blob:' && ![site.url, edge.url].includes(origin)) note(`asked: ${request.url()}`)
        })
        page.on('console', (message) => {
          // Chromium itself reports each refusal of the API; the widget shows it to the reader.
          const refusal = message.location().url.startsWith(`${edge.url}/v1/`)
          // Words to the site's owner: widget-setup.test.ts reads them.
          const owners = message.text().startsWith('Millrace: ')
          if (['error', 'warning'].includes(message.type()) && !refusal && !owners)
            note(`logged: ${message.text()}`)
        })
      })
      await context.addInitScript(watch, EVENTS)
      if (init) await context.addInitScript(init)
      return context
    },
  }
}

/** In the page: records the events of its chats, and violations of its policy. */
function watch(events: string[]): void {
  globalThis.told = []
  for (const name of events) {
    document.addEventListener(name, (event) => globalThis.told.push([name, (event as CustomEvent).detail]))
  }
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    console.error(`violated ${violatedDirective}: ${blockedURI} ${sample}`),
  )
}
