/** What a page has of the widget's lazy parts: checked, found again after a deployment, and asked for again. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { Browser, Page as Tab } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildWidget } from '../../scripts/build-widget.ts'
import { ROOT } from '../../scripts/bundle.ts'
import { createParts } from '../../scripts/widget-parts.ts'
import { startBrowser, WAIT_MS } from '../support/browser.ts'
import { html, type Page, type Site, startSite, strictPolicy } from '../support/site.ts'

const folder = mkdtempSync(`${tmpdir()}/millrace-parts-`)
let browser: Browser | undefined
let host: Site
let site: Site
let integrity: string
/** What lies on the host in another way than it was built. */
const changed = new Map<string, Page | undefined>()
const problems: string[] = []

beforeAll(async () => {
  integrity = await buildWidget({
    entry: `${ROOT}test/support/parts-fixture/widget.ts`,
    outDir: folder,
    version: '1.2.3',
    parts: createParts(),
  })
  host = await startSite((path) => (changed.has(path) ? changed.get(path) : built(path)))
  site = await startSite((path) => {
    const pin = path === '/pinned' ? ` integrity="${integrity}" crossorigin` : ''
    const file = path === '/pinned' ? '/v/1.2.3/widget.js' : '/widget.js'
    return html(`<script type="module" src="${host.url}${file}"${pin}></script>`, strictPolicy(host.url))
  })
  browser = await startBrowser()
})
beforeEach(() => {
  changed.clear()
  host.asked.length = 0
  problems.length = 0
})
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close()
})
afterAll(async () => {
  await browser?.close()
  host.stop()
  site.stop()
  rmSync(folder, { recursive: true })
})

const TYPES: Record<string, string> = { js: 'text/javascript', json: 'application/json' }

function built(path: string): Page | undefined {
  try {
    const type = TYPES[path.split('.').at(-1) ?? ''] ?? ''
    return {
      headers: { 'content-type': type, 'access-control-allow-origin': '*' },
      body: readFileSync(folder + path),
    }
  } catch {
    return undefined
  }
}

const textOf = (path: string) => String(built(path)?.body)
const listed = () => JSON.parse(textOf('/widget-chunks.json'))
const partAt = (name: string): string => `/${listed().parts[name].file}`

async function visit(path = '/', before?: (tab: Tab) => Promise<void>): Promise<Tab> {
  const tab = (await browser?.newPage()) as Tab
  tab.setDefaultTimeout(WAIT_MS)
  await before?.(tab)
  tab.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  tab.on('request', (request) => {
    if (![host.url, site.url].includes(new URL(request.url()).origin)) problems.push(request.url())
  })
  await tab.goto(site.url + path)
  return tab
}

/** @returns what the widget's part says, or why there is none */
const say = (tab: Tab): Promise<string> =>
  tab.evaluate(async () => {
    try {
      return await (document.createElement('x-word') as HTMLElement & { say(): Promise<string> }).say()
    } catch (error) {
      const { message, cause } = error as Error
      return `${message} ${(cause as Error | undefined)?.message}`
    }
  })

test('on a foreign page with the strictest policy, one request at load and one a part', async () => {
  const tab = await visit()
  expect(host.asked).toEqual(['/widget.js'])
  expect(await say(tab)).toBe('a deep word')
  expect(await say(tab)).toBe('a deep word')
  const parts = [partAt('parts-fixture-word'), partAt('parts-fixture-deep')]
  expect(host.asked).toEqual(['/widget.js', ...parts])
  expect(problems).toEqual([])
})

test('a part that is gone with an old deployment is found in the new list', async () => {
  const { contract, parts } = listed()
  const old = partAt('parts-fixture-word')
  const { body = '' } = built(old) ?? {}
  parts['parts-fixture-word'].file = 'assets/parts/newer.js'
  changed.set(old, undefined)
  changed.set('/assets/parts/newer.js', { ...built('/widget.js'), body })
  changed.set('/widget-chunks.json', {
    ...built('/widget-chunks.json'),
    body: JSON.stringify({ contract, parts }),
  })
  expect(await say(await visit())).toBe('a deep word')
  expect(host.asked).toContain('/widget-chunks.json')
})

test.each([
  ['as single-page hosting answers', { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }],
  ['by an error', { status: 500, body: '' }],
])('a part that is missing for a moment, %s, is asked for again', async (_, missing) => {
  const path = partAt('parts-fixture-deep')
  changed.set(path, missing)
  const tab = await visit()
  expect(await say(tab)).toContain('The part "parts-fixture-deep" could not be loaded.')
  changed.clear()
  expect(await say(tab)).toBe('a deep word')
})

test('a new deployment that does not fit is refused, and says what helps', async () => {
  changed.set(partAt('parts-fixture-word'), undefined)
  const list = { ...listed(), contract: 0 }
  changed.set('/widget-chunks.json', { ...built('/widget-chunks.json'), body: JSON.stringify(list) })
  expect(await say(await visit())).toContain('A newer widget has been deployed: load the page again.')
})

test('a part that is not the one that was built never runs', async () => {
  const path = partAt('parts-fixture-word')
  const tampered = `${textOf(path)};globalThis.tampered=true`
  changed.set(path, { ...built(path), body: tampered })
  const tab = await visit()
  expect(await say(tab)).toContain('could not be loaded')
  expect(await tab.evaluate('globalThis.tampered')).toBeUndefined()
  await expect.poll(() => problems.join('\n')).toContain('integrity')
})

test('without a connection it fails, and with one it comes', async () => {
  const tab = await visit()
  await tab.context().setOffline(true)
  expect(await say(tab)).toContain('could not be loaded')
  await tab.context().setOffline(false)
  expect(await say(tab)).toBe('a deep word')
})

test('a part that never comes is given up, and asked for again', async () => {
  const tab = await visit('/', async (tab) => {
    await tab.clock.install()
    await tab.route(`${host.url}${partAt('parts-fixture-word')}`, () => {}, { times: 1 })
  })
  const said = say(tab)
  await tab.waitForRequest(/parts-fixture-word/)
  await tab.clock.fastForward(20_000)
  expect(await said).toBe('a deep word')
})

test('a pinned version loads with its hash, and has parts of its own', async () => {
  expect(await say(await visit('/pinned'))).toBe('a deep word')
  expect(host.asked.every((path) => path.startsWith('/v/1.2.3/'))).toBe(true)
  expect(problems).toEqual([])
})

test('a pinned version that was changed does not run', async () => {
  const path = '/v/1.2.3/widget.js'
  changed.set(path, { ...built(path), body: `${textOf(path)};globalThis.tampered=true` })
  const tab = await visit('/pinned')
  await expect.poll(() => problems.join()).toContain('integrity')
  expect(await tab.evaluate('[globalThis.tampered, !!customElements.get("x-word")]')).toEqual([
    undefined,
    false,
  ])
})

test('a pinned version asks no list, which could say anything', async () => {
  changed.set(`/v/1.2.3${partAt('parts-fixture-word')}`, undefined)
  expect(await say(await visit('/pinned'))).toContain('could not be loaded')
  expect(host.asked.filter((path) => path.includes('widget-chunks'))).toEqual([])
})
