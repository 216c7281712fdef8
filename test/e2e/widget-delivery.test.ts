/** The widget as a site gets it from a Worker: what is loaded from where, and how long it is kept. */
import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { integrityOf } from '../../scripts/widget-parts.ts'
import { startBrowser, WAIT_MS } from '../support/browser.ts'
import { chunkList, expectDelivery, PINNED } from '../support/delivered.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { poll } from '../support/pages.ts'
import { html, type Site, startSite, strictPolicy } from '../support/site.ts'

let browser: Browser | undefined
let millrace: Millrace
let site: Site
let body = ''
/** With what Turnstile needs: its part makes its own Trusted Types policy. */
const policy = () =>
  strictPolicy(millrace.url).replace("trusted-types 'none'", 'trusted-types millrace-turnstile')

beforeAll(async () => {
  site = await startSite(() => html(body, policy()))
  millrace = await startMillrace({ DEMO_SPEED: '50', ALLOWED_ORIGINS: site.url })
  browser = await startBrowser()
})
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close()
})
afterAll(async () => {
  await browser?.close()
  site.stop()
  await millrace.stop()
})

/** Opens the site's page; returns it with the addresses of all that it asked for, and what it logged as errors. */
async function visit(tags: string) {
  body = tags
  const tab = await browser?.newPage()
  if (!tab) throw new TypeError('There is no browser.')
  tab.setDefaultTimeout(WAIT_MS)
  const asked: string[] = []
  const errors: string[] = []
  tab.on('request', (request) => asked.push(request.url()))
  tab.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
  tab.on('pageerror', (error) => errors.push(String(error)))
  await tab.goto(site.url)
  return { tab, asked, errors }
}

const pinned = () =>
  `<script type="module" src="${millrace.url}${PINNED}" integrity="${integrityOf(readFileSync(`${ROOT}dist/client${PINNED}`, 'utf8'))}" crossorigin data-launcher></script>`

test('everything is kept as long as it may be, and loaded from anywhere', () => expectDelivery(millrace.url))

test.each([
  ['one tag', () => `<script type="module" src="${millrace.url}/widget.js" data-launcher></script>`],
  ['one tag that pins a version by its hash', pinned],
])('%s makes the chat on a page of another origin, in one request for code', async (_, tag) => {
  const { tab, asked, errors } = await visit(tag())
  await poll(() => tab.evaluate(() => !!document.querySelector('millrace-chat')?.shadowRoot)).toBe(true)
  const elsewhere = asked.filter((address) => ![site.url, millrace.url].includes(new URL(address).origin))
  expect(elsewhere).toEqual([])
  expect(asked.filter((address) => /\.(?:js|css)$/.test(address))).toHaveLength(1)
  expect(errors).toEqual([])
})

test('each part can be imported by a page of another origin, and is what the list says', async () => {
  const { tab, errors } = await visit(`<script type="module" src="${millrace.url}/widget.js"></script>`)
  const { parts } = chunkList()
  expect(Object.keys(parts)).not.toEqual([])
  for (const { file, integrity } of Object.values(parts)) {
    expect(integrityOf(await (await fetch(`${millrace.url}/${file}`)).text())).toBe(integrity)
  }
  const addresses = Object.values(parts).map(({ file }) => `${millrace.url}/${file}`)
  // As text: vitest would put an `import()` of its own in its place.
  const exported = await tab.evaluate<number[]>(
    `Promise.all(${JSON.stringify(addresses)}.map(async (address) => Object.keys(await import(address)).length))`,
  )
  expect(exported.filter((count) => count === 0)).toEqual([])
  expect(errors).toEqual([])
})
