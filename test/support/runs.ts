/**
 * A page of a site that runs code in the Worker's frame, as the widget does, and another site that the code
 * may try to reach. For all the tests of a file: each run has a page of its own.
 */
import type { Browser, Frame, Page, Worker } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { HELLO, type Kind, type RunWords } from '../../client/run/messages.ts'
import { runWords } from '../../client/run/run-words.ts'
import { en } from '../../client/widget/strings/en.ts'
import { startBrowser } from './browser.ts'
import { startEdge } from './edge.ts'
import type { Front } from './front.ts'
import { type Millrace, startMillrace } from './millrace.ts'
import { poll } from './pages.ts'
import { html, type Site, startSite } from './site.ts'

declare global {
  /** In the site's page: what the frame has reported. */
  var reports: { type: string; height?: number }[]
  var order: (order: unknown) => void
}

export interface Running {
  page: Page
  /** The frame's document. */
  frame: Frame
  /** What it shows, as text. */
  text(): Promise<string>
  /** Waits until nothing runs any more. */
  ended(): Promise<void>
  stop(): Promise<void>
  worker(): Promise<Worker>
}

interface RunOptions {
  dark?: boolean
  /** Whether the test says what time it is (`page.clock`). */
  clock?: boolean
}

export interface Runs {
  readonly millrace: Millrace
  /** The Worker's address, as the page has it. */
  readonly url: string
  readonly site: Site
  /** Another site, which allows everybody to read it. */
  readonly elsewhere: Site
  readonly browser: Browser
  run(kind: Kind, code: string, options?: RunOptions): Promise<Running>
}

/** The site's page. The frame is made as client/run/runner.ts makes it. */
const HOST = (frame: string) => `<main><h1>A site</h1></main><script>
  globalThis.reports = []
  const { port1, port2 } = new MessageChannel()
  globalThis.order = (order) => port1.postMessage(order)
  port1.onmessage = ({ data }) => reports.push(data)
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', 'allow-scripts')
  frame.src = '${frame}'
  frame.style = 'width: 700px; height: 500px'
  frame.addEventListener('load', () => frame.contentWindow.postMessage('${HELLO}', '*', [port2]), { once: true })
  document.body.append(frame)
</script>`

/** @param inFront stands before the Worker */
export function useRuns(inFront: (worker: string) => Promise<Front> = startEdge): Runs {
  let started: Omit<Runs, 'run' | 'url'> & { edge: Front }
  let frameUrl = ''
  beforeAll(async () => {
    const [site, elsewhere, browser] = await Promise.all([
      startSite(() => html(HOST(frameUrl))),
      startSite(() => ({ headers: { 'access-control-allow-origin': '*' }, body: 'reached' })),
      startBrowser(),
    ])
    const millrace = await startMillrace({ RUN_CODE: 'on', ALLOWED_ORIGINS: site.url })
    started = { site, elsewhere, browser, millrace, edge: await inFront(millrace.url) }
  })
  afterEach(async () => {
    for (const context of started.browser.contexts()) await context.close()
  })
  afterAll(async () => {
    await started.browser.close()
    started.site.stop()
    started.elsewhere.stop()
    started.edge.stop()
    await started.millrace.stop()
  })

  return {
    get millrace() {
      return started.millrace
    },
    get site() {
      return started.site
    },
    get elsewhere() {
      return started.elsewhere
    },
    get browser() {
      return started.browser
    },
    get url() {
      return started.edge.url
    },
    async run(kind, code, { dark = false, clock = false } = {}) {
      frameUrl = `${started.edge.url}/run/${kind === 'python' ? '' : 'preview/'}`
      const page = await started.browser.newPage()
      if (clock) await page.clock.install()
      const workers: Worker[] = []
      page.on('worker', (worker) => workers.push(worker))
      await page.goto(started.site.url)
      await poll(() => page.evaluate(() => reports.map(({ type }) => type))).toContain('ready')
      const words: RunWords = runWords(en)
      const look = { dark, direction: 'ltr', language: 'en', font: 'sans-serif', mono: 'monospace' }
      await page.evaluate((order) => globalThis.order(order), {
        type: 'start',
        kind,
        code,
        words,
        look: { ...look, size: 16, ink: dark ? 'white' : 'black', accent: 'teal' },
      })
      const [frame] = page.mainFrame().childFrames()
      if (!frame) throw new TypeError('The page has no frame.')
      return {
        page,
        frame,
        text: () =>
          frame
            .locator('main > :not([hidden])')
            .evaluateAll((all) =>
              all.map((one) => (one.querySelector('[role=status]') ?? one).textContent).join('\n'),
            ),
        ended: () => poll(() => page.evaluate(() => reports.map(({ type }) => type))).toContain('ended'),
        stop: () => page.evaluate(() => globalThis.order({ type: 'stop' })),
        async worker() {
          await poll(async () => workers.length).toBe(1)
          return workers[0] as Worker
        },
      }
    },
  }
}
