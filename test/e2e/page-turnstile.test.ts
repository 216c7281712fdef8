/**
 * The page where new visitors have to solve Turnstile's challenge. Cloudflare's script and its verdict are played here by
 * stand-ins, which keep to what its documentation says of them.
 */
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { TURNSTILE_ACTION } from '../../worker/protocol/wire.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { poll, usePages } from '../support/pages.ts'
import { BUTTON, CHALLENGES, isVerdict, SITE_KEY, turnstileVars, verify } from '../support/turnstile.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const visit = usePages()
let upstream: Upstream
let millrace: Millrace

beforeAll(async () => {
  upstream = await startUpstream()
  millrace = await startMillrace({
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    MODELS: 'gpt-test',
    OPEN_ACCESS: 'false',
    SESSION_SECRET: 'a secret of more than thirty-two characters',
    ...turnstileVars(upstream),
  })
})
afterEach(() => upstream.clear())
afterAll(async () => {
  await millrace.stop()
  await upstream.stop()
})

/** As the owner sets it up (docs/DEPLOY.md), with this script in the place of Cloudflare's. */
const letIn = (script: string) => async (context: BrowserContext) => {
  await context.route(`${millrace.url}/`, async (route) => {
    const response = await route.fetch()
    const headers = response.headers()
    const policy = headers['content-security-policy'] ?? ''
    const wider = policy.replace(
      "script-src 'self'",
      `script-src 'self' ${CHALLENGES}; frame-src ${CHALLENGES}`,
    )
    await route.fulfill({ response, headers: { ...headers, 'content-security-policy': wider } })
  })
  await context.route(`${CHALLENGES}/**`, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  )
}

const FAILS = `globalThis.turnstile = {
  render(place, options) { setTimeout(() => options['error-callback']('300030')); return 'widget' },
  remove() {},
}`

const asksThere = new RegExp(`^asked: ${CHALLENGES}`)

test('its challenge is solved once, and the question that waited is asked', async () => {
  verify(upstream)
  const { page, box, ask, answers, ended } = await visit(millrace.url, {
    before: letIn(BUTTON),
    expected: asksThere,
  })
  await box.focus()
  const challenge = page.getByRole('button', { name: 'I am a person' })
  await challenge.waitFor()
  await ask()
  await challenge.click()
  await ended()
  await ask()
  await ended()
  await page.reload()
  await ask()
  await ended()
  expect(await answers.allTextContents()).toEqual(Array(3).fill('Hello, world!'))
  expect(upstream.calls.filter(isVerdict)).toHaveLength(1)
  expect(await challenge.count()).toBe(0)
})

test('it is solved in the race too, where the race is', async () => {
  verify(upstream)
  const { page } = await visit(`${millrace.url}`, { before: letIn(BUTTON), expected: asksThere })
  await page.evaluate(() => location.assign('#race'))
  await page.getByRole('button', { name: 'Start the race' }).click()
  await page.getByRole('button', { name: 'I am a person' }).click()
  await page.getByRole('heading', { name: /^The result/ }).waitFor()
})

test('it is made with the site’s key and the action that the Worker asks for', async () => {
  verify(upstream)
  const { page, box } = await visit(millrace.url, { before: letIn(BUTTON), expected: asksThere })
  await box.focus()
  await page.getByRole('button', { name: 'I am a person' }).waitFor()
  const rendered = () => page.evaluate(() => (globalThis as unknown as { rendered: object[] }).rendered)
  expect(await rendered()).toEqual([{ sitekey: SITE_KEY, action: TURNSTILE_ACTION }])
})

const HEADING = { name: 'The check that you are a person did not work' }

test.each([
  ['fails', FAILS],
  ['is not what it should be', 'globalThis.nothing = true'],
  ['is solved with a token that is not good', BUTTON.replace("'solved '", "'forged '")],
])('where it %s, the page says so, and can try again', async (_what, script) => {
  verify(upstream)
  const { page, box, ask, retry } = await visit(millrace.url, { before: letIn(script), expected: asksThere })
  await ask()
  if (script.includes('button')) await page.getByRole('button', { name: 'I am a person' }).click()
  await page.getByRole('heading', HEADING).waitFor()
  expect(await retry.isEnabled()).toBe(true)
  expect(upstream.calls.filter((call) => !isVerdict(call))).toHaveLength(0)
  expect(await box.inputValue()).toBe('')
})

test('where the owner hasn’t let its script in, the page says so', async () => {
  const { page, ask } = await visit(millrace.url, { expected: /challenges\.cloudflare\.com/ })
  await ask()
  await page.getByRole('heading', HEADING).waitFor()
})

test('nothing of it is loaded before the page is used', async () => {
  const { page } = await visit(millrace.url)
  const loaded = () =>
    page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname))
  await poll(loaded).toContain('/v1/models')
  expect((await loaded()).filter((path) => path.includes('turnstile'))).toEqual([])
})
