/** The widget at a Worker that wants to know whether its visitors are people. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type ForeignSite, useForeignSite } from '../support/foreign-site.ts'
import { poll } from '../support/pages.ts'
import { countUnderway, redIn } from '../support/red.ts'
import { html, strictPolicy } from '../support/site.ts'
import { BUTTON, CHALLENGES, isVerdict, turnstileVars, verify } from '../support/turnstile.ts'

/** What docs/DEPLOY.md says that a page has to let in. */
const letIn = (policy: string, host: string) =>
  policy
    .replace(`script-src ${host}`, `script-src ${host} ${CHALLENGES}`)
    .replace("trusted-types 'none'", 'trusted-types millrace-turnstile')

const site = useForeignSite((path, { edge }) => {
  const policy = strictPolicy(edge.url)
  const script = `<script type="module" src="${edge.url}/widget.js" data-launcher></script>`
  return html(script, path === '/closed' ? policy : letIn(policy, edge.url))
}, turnstileVars)

async function ask({ visitor, here }: ForeignSite, path: string, script = BUTTON, watch = (_: Page) => {}) {
  const context = await visitor({ expected: /challenges\.cloudflare\.com|millrace-turnstile/ })
  await context.route(`${CHALLENGES}/**`, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  )
  const page = await context.newPage()
  watch(page)
  await page.goto(here().site.url + path)
  await page.locator('#launcher').click()
  await page.locator('#question').fill('Why?')
  await page.locator('#question').press('Enter')
  return page
}

test('its challenge stands in the panel, is solved once, and the question that waited is asked', async () => {
  const { upstream } = site.here()
  verify(upstream)
  const page = await ask(site, '/')
  const challenge = page.getByRole('button', { name: 'I am a person' })
  await challenge.waitFor()
  const [panel, place] = [await page.locator('#panel').boundingBox(), await challenge.boundingBox()]
  expect(place?.y).toBeGreaterThan(panel?.y ?? 0)
  expect(place?.x).toBeGreaterThan(panel?.x ?? 0)
  // It is looked at some times a second, so the challenge can be there first.
  await poll(() => page.locator('.speed').textContent()).toBe('Checking that you are a person…')
  await challenge.click()
  await page.locator('.answer[data-state="done"]').waitFor()
  await page.reload()
  await page.locator('.answer[data-state="done"]').waitFor({ state: 'attached' })
  expect(upstream.calls.filter(isVerdict)).toHaveLength(1)
  expect(await challenge.count()).toBe(0)
})

test('a question that is stopped while it waits for its challenge is not sent once that is solved', async () => {
  const { upstream } = site.here()
  verify(upstream)
  const page = await ask(site, '/')
  const challenge = page.getByRole('button', { name: 'I am a person' })
  await challenge.waitFor()
  await page.locator('#stop').click()
  await page.locator('.answer[data-state="stopped"]').waitFor()
  await challenge.click()
  await challenge.waitFor({ state: 'detached' })
  // With the session that there is now.
  await page.locator('#question').fill('What else?')
  await page.locator('#question').press('Enter')
  await page.locator('.answer[data-state="done"]').waitFor()
  const asked = upstream.calls.filter((call) => !isVerdict(call))
  expect(asked.map(({ request }) => request.messages)).toEqual([[{ role: 'user', content: 'What else?' }]])
})

test('a normal visit shows no error in the tools of the browser', async () => {
  const { upstream } = site.here()
  verify(upstream)
  let red: string[] = []
  let underway = async () => 0
  const page = await ask(site, '/', BUTTON, (page) => {
    red = redIn(page)
    underway = countUnderway(page)
  })
  await page.getByRole('button', { name: 'I am a person' }).click()
  await page.locator('.answer[data-state="done"]').waitFor()
  await page.locator('#close').click()
  await poll(underway).toBe(0)
  await page.reload()
  await page.locator('.answer[data-state="done"]').waitFor({ state: 'attached' })
  await page.waitForLoadState('networkidle')
  expect(red).toEqual([])
})

const FAILS = `globalThis.turnstile = {
  render(place, options) { setTimeout(() => options['error-callback']('300030')); return 'widget' },
  remove() {},
}`

test.each([
  ['fails', '/', FAILS],
  ['is not what it should be', '/', 'globalThis.nothing = true'],
  ['is solved with a token that is not good', '/', BUTTON.replace("'solved '", "'forged '")],
  ['may not be loaded, because the site has not let it in', '/closed', BUTTON],
])('where its challenge %s, the chat says so, and can try again', async (what, path, script) => {
  const { upstream } = site.here()
  verify(upstream)
  const page = await ask(site, path, script)
  if (what.startsWith('is solved')) await page.getByRole('button', { name: 'I am a person' }).click()
  await page.getByRole('heading', { name: 'The check that you are a person did not work' }).waitFor()
  expect(await page.locator('.retry').isEnabled()).toBe(true)
  expect(upstream.calls.filter((call) => !isVerdict(call))).toHaveLength(0)
})
