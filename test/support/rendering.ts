/** A page of another site that shows Markdown, under the strict policy that such a site may have. */
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { startBrowser } from './browser.ts'

/** Allows only the page's own files, and no code from text. */
const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src *; require-trusted-types-for 'script'; trusted-types 'none'"

type Module = typeof import('./rendering-module.ts')

declare global {
  /** Set in the page. */
  var millrace: Module & {
    answer: HTMLElement
    labels: import('../../client/render/dom/dom-sink.ts').DomOptions['labels']
  }
}

const HTML = `<!doctype html>
<html lang="en"><head><title>A page</title><link rel="stylesheet" href="/markdown.css"><link rel="stylesheet" href="/formula.css"></head>
<body><main class="markdown" id="answer"></main><script type="module" src="/page.js"></script></body></html>`

const PAGE_SCRIPT = `import * as render from '/render.js'
const labels = { copy: 'Copy', copied: 'Copied', notCopied: 'Not copied', hidden: 'Hidden character', done: 'Done', open: 'To do', footnotes: 'Footnotes', backToText: 'Back to the text' }
globalThis.millrace = { ...render, labels, answer: document.getElementById('answer') }`

export interface Rendering {
  /** Opens a page that has loaded the renderer, in a browser context of its own. */
  open(policy?: string): Promise<Page>
  /** The requests of its pages for anything but their own files. */
  readonly asked: string[]
  readonly url: string
}

/**
 * For all the tests of a file. After each test, no page may have thrown, logged an error or violated its
 * policy.
 */
export function useRendering(): Rendering {
  let browser: Browser | undefined
  let server: Server | undefined
  let files = new Map<string, string>()
  let policy = STRICT_POLICY
  let asked: string[] = []
  let problems: string[] = []
  const urlOf = () => `http://127.0.0.1:${(server?.address() as AddressInfo | undefined)?.port}`

  beforeAll(async () => {
    files = new Map([
      ['/', HTML],
      ['/page.js', PAGE_SCRIPT],
      ...(await bundleRenderer()),
      ['/formula.css', await readFile(`${ROOT}client/render/formula/formula.css`, 'utf8')],
      ['/markdown.css', await readFile(`${ROOT}client/render/markdown.css`, 'utf8')],
    ])
    server = createServer(({ url = '/' }, response) => {
      const type = url.endsWith('.js') ? 'text/javascript' : url.endsWith('.css') ? 'text/css' : 'text/html'
      response.writeHead(files.has(url) ? 200 : 404, {
        'Content-Type': `${type}; charset=utf-8`,
        ...(policy && { 'Content-Security-Policy': policy }),
      })
      response.end(files.get(url))
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    browser = await startBrowser()
  })
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close()
    const seen = problems
    problems = []
    asked = []
    expect(seen).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  return {
    get asked() {
      return asked
    },
    get url() {
      return urlOf()
    },
    async open(under = STRICT_POLICY) {
      if (!browser) throw new TypeError('Pages can be opened only inside tests.')
      policy = under
      const context = await browser.newContext({ viewport: { width: 800, height: 600 } })
      const page = await context.newPage()
      page.on('pageerror', (error) => problems.push(`threw: ${error}`))
      page.on('dialog', (dialog) => {
        problems.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(`logged: ${message.text()}`)
      })
      page.on('request', (request) => {
        if (!files.has(new URL(request.url()).pathname)) asked.push(request.url())
      })
      await page.goto(`${urlOf()}/`)
      await page.waitForFunction(() => 'millrace' in globalThis)
      return page
    },
  }
}

/** The renderer and its lazy parts, as the page loads them: by address. */
async function bundleRenderer(): Promise<[string, string][]> {
  const entry = `${ROOT}test/support/rendering-module.ts`
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    root: ROOT,
    build: { write: false, minify: true, lib: { entry, formats: ['es'], fileName: 'render' } },
  })
  const outputs = [built].flat().flatMap((each) => ('output' in each ? each.output : []))
  return outputs.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : []))
}
