/** The page as a visitor meets it who has no key: the session, the day's tokens, the limits, and Turnstile. */
import type { BrowserContext } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { TURNSTILE_ACTION } from '../../worker/protocol/wire.ts'
import { createSessions } from '../../worker/visitors/session.ts'
import { type House, UPSTREAM_KEY, useHouse } from '../support/house.ts'
import { poll, usePages, type VisitOptions } from '../support/pages.ts'
import { answer, events } from '../support/scripts.ts'
import { chunk, DONE_EVENT, delta, event, finish, numbered, role } from '../support/sse.ts'
import { BUTTON, CHALLENGES, SITE_KEY, turnstileVars, verify } from '../support/turnstile.ts'

const SESSION_SECRET = 'a secret of more than thirty-two characters'
const VISITORS = { OPEN_ACCESS: 'false', SESSION_SECRET, MODELS: 'gpt-test' }
const KEPT = 'millrace-session'

const visit = usePages()
let visits = 0

/** Each from an address of its own: one address may open only so many sessions. */
async function come(house: House, options: VisitOptions = {}) {
  visits++
  const visited = await visit(house.url, {
    extraHTTPHeaders: { 'cf-connecting-ip': `10.9.${visits >> 8}.${visits & 255}` },
    ...options,
  })
  const sessions: (string | undefined)[] = []
  visited.page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/v1/sessions') sessions.push(request.headers().authorization)
  })
  return {
    ...visited,
    /** What was sent along with each question for a session. */
    sessions,
    kept: () =>
      visited.page.evaluate((name) => JSON.parse(sessionStorage.getItem(name) ?? 'null'), KEPT) as Promise<{
        token: string
        renewAt: number
        endsAt: number
      } | null>,
    keep: (held: object) =>
      visited.page.evaluate(([name, text]) => sessionStorage.setItem(name, text), [
        KEPT,
        JSON.stringify(held),
      ] as const),
  }
}

/** An answer that says it used so many tokens. */
function using(total: number, text = 'Hello, world!') {
  const usage = { prompt_tokens: 10, completion_tokens: total - 10, total_tokens: total }
  return events([role(), delta(text), finish(), event(chunk({}, { choices: [], usage })), DONE_EVENT])
}

const callers = (house: House) =>
  house.logs
    .filter(({ route, method }) => route === '/v1/streams' && method === 'POST')
    .map((log) => log.caller)

describe('a visitor', () => {
  const house = useHouse(VISITORS)

  test('asks with a session, which is asked for when the page is first used, and outlives a reload', async () => {
    const { page, box, ask, answers, ended, sessions, kept } = await come(house)
    const loaded = () =>
      page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname))
    await poll(loaded).toContain('/v1/models')
    expect(await loaded()).not.toContain('/v1/sessions')
    expect(await page.getByRole('combobox', { name: 'Model' }).isVisible()).toBe(false)
    await box.focus()
    await page.getByRole('combobox', { name: 'Model' }).waitFor()
    await ask()
    await ended()
    expect(await answers.textContent()).toBe('Hello, world!')
    const { token } = (await kept()) ?? {}
    await page.reload()
    await page.getByRole('combobox', { name: 'Model' }).waitFor()
    await ask()
    await ended()
    expect(sessions).toEqual([undefined])
    expect((await kept())?.token).toBe(token)
    expect(await page.evaluate(() => Object.keys(localStorage).length + document.cookie.length)).toBe(0)
    await expect.poll(() => callers(house)).toHaveLength(2)
    const who = callers(house)
    expect(who[0]).toMatch(/^visitor:/)
    expect(who[1]).toBe(who[0])
    for (const { headers } of house.upstream.calls)
      expect(headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
  })

  test('whose session the server doesn’t accept gets another one', async () => {
    const { page, ask, answers, ended, sessions, kept, keep } = await come(house)
    const { token } = await createSessions('the secret of another deployment, long enough').open(
      house.url,
      Date.now(),
    )
    await keep({ token, renewAt: Date.now() + 1e9, endsAt: Date.now() + 1e9 })
    await page.reload()
    await ask()
    await ended()
    expect(await answers.textContent()).toBe('Hello, world!')
    expect(sessions).toEqual([undefined])
    expect((await kept())?.token).not.toBe(token)
    expect(await page.locator('.trouble-card').count()).toBe(0)
  })

  test('of whom too many came from one address is told when to try again', async () => {
    const address = '10.8.0.1'
    const headers = { origin: house.url, 'cf-connecting-ip': address }
    for (let i = 0; i < 10; i++) await fetch(`${house.url}/v1/sessions`, { method: 'POST', headers })
    const { page, ask, retry } = await come(house, { extraHTTPHeaders: { 'cf-connecting-ip': address } })
    await ask()
    await page.getByRole('heading', { name: 'Many have come from your network' }).waitFor()
    await poll(() => retry.textContent()).toMatch(/^Try again in (\d\d? s|1 min 00 s)$/)
    expect(await retry.isDisabled()).toBe(true)
    expect(house.upstream.calls).toHaveLength(0)
  })
})

describe('the day’s tokens', () => {
  const house = useHouse({ ...VISITORS, VISITOR_DAILY_TOKENS: '1000', MAX_OUTPUT_TOKENS: '400' })

  test('are told of when few are left, and when there are none the page says until when', async () => {
    const { page, ask, ended, retry, kept } = await come(house, {
      before: (context) => context.clock.install(),
    })
    const line = page.locator('#allowance')
    house.upstream.next(using(400), using(405))
    await ask()
    await ended()
    await ask()
    await ended()
    await poll(() => line.textContent()).toBe('You’ve nearly reached today’s limit')
    // Once: after the first answer it was far.
    await expect.poll(() => house.logs.filter(({ route }) => route === '/v1/usage')).toHaveLength(1)
    expect(await page.getByRole('textbox').getAttribute('aria-describedby')).toContain('allowance')
    await ask('One more?')
    await page.getByRole('heading', { name: 'You’ve reached today’s limit' }).waitFor()
    const advice = page.locator('.trouble-card .advice')
    const when = /^You can ask again (tomorrow )?from \d?\d:\d\d/
    expect(await advice.textContent()).toMatch(when)
    expect(await retry.isVisible()).toBe(false)
    const report = page.locator('.trouble-card .report')
    expect(await report.isVisible()).toBe(false)
    await page.getByText('Details', { exact: true }).click()
    expect(await report.textContent()).toMatch(/^tokens_per_day_exceeded · 429\n.+\n.+req_/)
    expect(house.upstream.calls).toHaveLength(2)

    // A reload is no way around it.
    await page.reload()
    expect(await advice.textContent()).toMatch(when)
    const before = (await kept())?.token
    await page.clock.fastForward('24:00:00')
    await poll(() => retry.textContent()).toBe('Try again')
    await retry.click()
    await ended()
    expect(await page.locator('.answer .text').last().textContent()).toBe('Hello, world!')
    // The session was over long ago.
    expect((await kept())?.token).not.toBe(before)
  })

  test('of which one answer gets no more than its share: the reader is told', async () => {
    const { page, ask, answers, ended, note } = await come(house)
    house.upstream.next(answer(numbered(600)))
    await ask()
    await ended()
    await note('The answer stops here: today’s limit is reached.').waitFor()
    expect(await answers.textContent()).toMatch(/^t0 t1 /)
    expect(await page.locator('.trouble-card').count()).toBe(0)
  })
})

describe('where new visitors solve Turnstile’s challenge', () => {
  const house = useHouse((upstream) => ({ ...VISITORS, ...turnstileVars(upstream) }))

  test('it is loaded once the page is used, and stands in the race where the race is', async () => {
    verify(house.upstream)
    const { page } = await come(house, {
      before: letIn(house),
      expected: new RegExp(`^asked: ${CHALLENGES}`),
    })
    const loaded = () =>
      page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => name)
          .join(),
      )
    await poll(loaded).toContain('/v1/models')
    expect(await loaded()).not.toContain('turnstile')
    await page.evaluate(() => location.assign('#race'))
    await page.getByRole('button', { name: 'Start the race' }).click()
    await page.getByRole('button', { name: 'I am a person' }).click()
    await page.getByRole('heading', { name: 'When each message came' }).waitFor()
    const rendered = await page.evaluate(() => (globalThis as unknown as { rendered: object[] }).rendered)
    expect(rendered).toEqual([{ sitekey: SITE_KEY, action: TURNSTILE_ACTION }])
  })
})

/** As the owner sets it up (docs/DEPLOY.md), with a stand-in for Cloudflare's script. */
const letIn = (house: House) => async (context: BrowserContext) => {
  await context.route(`${house.url}/`, async (route) => {
    const response = await route.fetch()
    const headers = response.headers()
    const policy = headers['content-security-policy'] ?? ''
    const wider = policy.replace(/(?:script|frame)-src 'self'/g, `$& ${CHALLENGES}`)
    await route.fulfill({ response, headers: { ...headers, 'content-security-policy': wider } })
  })
  await context.route(`${CHALLENGES}/**`, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: BUTTON }),
  )
}
