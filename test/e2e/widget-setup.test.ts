/**
 * What the widget says where its site is not set up, to visitors and to the site's owner; and of a visit that
 * is.
 */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type Embedded, useEmbedding } from '../support/embedding.ts'
import { poll } from '../support/pages.ts'
import { countUnderway, redIn } from '../support/red.ts'

/** What the console says by the widget itself. */
function consoleOf(page: Page): string[] {
  const lines: string[] = []
  page.on('console', (message) => {
    if (message.text().startsWith('Millrace: ')) lines.push(message.text())
  })
  return lines
}

/** Chromium's line of the refusal that a test itself asks for. */
const OWNERS = { expected: /^logged: Failed to load resource: .* 403/ }

async function refusedFor(title: string, { page, ask }: Embedded): Promise<string[]> {
  const told = consoleOf(page)
  const sessions: string[] = []
  page.on(
    'request',
    (request) => void (request.url().includes('/v1/sessions') && sessions.push(request.url())),
  )
  await ask()
  await page.getByRole('heading', { name: title }).waitFor()
  // A refusal that can't be read would be tried again until the reader is told to check the connection.
  expect(sessions.length, 'asks for a session').toBeLessThanOrEqual(2)
  expect(await page.locator('.trouble-card .advice').textContent()).toBe(
    'Whoever runs this page has to look into it.',
  )
  return told
}

describe('a page that ALLOWED_ORIGINS does not list', () => {
  const site = useEmbedding({ ALLOWED_ORIGINS: 'https://elsewhere.example' })

  test('is told so at once, and its owner which origin is missing where', async () => {
    const visit = await site.visit(site.script('data-launcher data-open'), OWNERS)
    const told = await refusedFor('This chat isn’t set up for this page', visit)
    const words = `Pages of ${site.siteUrl} may not call here: ALLOWED_ORIGINS does not list it.`
    await poll(async () => told).toEqual([
      expect.stringContaining(`Millrace: ${words} (origin_not_allowed, req_`),
    ])
    expect(await visit.page.getByText('Access key').count()).toBe(0)
    await expect
      // The widget asks `/healthz` too, before or after it.
      .poll(() => site.logs.find(({ route }) => route === '/v1/sessions'))
      .toMatchObject({
        status: 403,
        code: 'origin_not_allowed',
        origin: site.siteUrl,
        setting: 'ALLOWED_ORIGINS',
      })
    expect(site.upstream.calls).toHaveLength(0)
  })

  test('reads the refusal of any call, a preflight before it or not', async () => {
    const { page } = await site.visit(site.script(), OWNERS)
    const codes = await page.evaluate(async (url) => {
      const json = { 'content-type': 'application/json', authorization: 'Bearer mr_x' }
      const calls: [string, RequestInit][] = [
        ['/v1/sessions', { method: 'POST' }],
        ['/v1/streams', { method: 'POST', headers: json, body: '{}' }],
        ['/v1/chat/completions', { method: 'POST', headers: json, body: '{}' }],
        ['/v1/usage', { headers: json }],
        ['/healthz', {}],
      ]
      return Promise.all(
        calls.map(async ([path, init]) => (await (await fetch(url + path, init)).json()).error.code),
      )
    }, site.url)
    expect(codes).toEqual(Array(5).fill('origin_not_allowed'))
  })
})

describe('a Worker without SESSION_SECRET', () => {
  const site = useEmbedding({ SESSION_SECRET: '' })

  test('has visitors told that the chat is not set up yet, and its owner what to set', async () => {
    const visit = await site.visit(site.script('data-launcher data-open'), OWNERS)
    const told = await refusedFor('This chat isn’t set up yet', visit)
    await poll(async () => told).toEqual([
      expect.stringContaining(
        'Millrace: Visitors are not let in here: SESSION_SECRET is not set. (sessions_',
      ),
    ])
    const field = visit.page.getByLabel('Access key')
    expect(await field.isVisible()).toBe(false)
    await visit.page.getByText('I have an access key').click()
    expect(await field.isVisible()).toBe(true)
    await expect
      .poll(() => site.logs.find(({ route }) => route === '/v1/sessions'))
      .toMatchObject({ code: 'sessions_unavailable', setting: 'SESSION_SECRET' })
  })
})

describe.each([
  ['a visitor', {}],
  ['anyone, where no session is needed', { SESSION_SECRET: '', OPEN_ACCESS: 'true' }],
])('a normal visit of %s', (_, vars: Record<string, string>) => {
  const site = useEmbedding(vars)

  test('shows no error in the tools of the browser', async () => {
    const { page, bubble, ask, ended, answers } = await site.visit(site.script('data-launcher'))
    const [red, underway] = [redIn(page), countUnderway(page)]
    // The page loads once more, in view of its tools.
    await page.reload()
    await bubble.click()
    await ask('one')
    await ended()
    await ask('two')
    await ended()
    expect(await answers.count()).toBe(2)
    await page.locator('#close').click()
    await poll(underway).toBe(0)
    await page.reload()
    await answers.first().waitFor({ state: 'attached' })
    await page.waitForLoadState('networkidle')
    expect(red).toEqual([])
  })
})
