import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../worker/config/config.ts'
import { ApiError } from '../../worker/errors.ts'
import type { App } from '../../worker/http/context.ts'
import type { Account } from '../../worker/http/log.ts'
import { answerOtherMethods } from '../../worker/http/methods.ts'
import { pageOf, pages } from '../../worker/http/pages.ts'

const OWN = 'https://millrace.example'
const ALLOWED_ORIGINS =
  'https://shop.example, https://*.example.com:8443, https://*.example.org, http://localhost:3000'
const allowed = readConfig({ ALLOWED_ORIGINS }).allowedOrigins

const request = (headers: Record<string, string> = {}, url = `${OWN}/v1/chat/completions`) =>
  new Request(url, { method: 'POST', headers })
const from = (origin: string) => pageOf(request({ origin }), allowed)

describe('a page may call', () => {
  test.each([
    OWN,
    'https://shop.example',
    'https://a.example.org',
    'https://a.b.c.example.org',
    'https://xn--bcher-kva.example.org',
    'https://a.example.com:8443',
    'http://localhost:3000',
  ])('from the listed origin %s', (origin) => {
    expect(from(origin)).toBe(origin)
  })

  test("from the Worker's own origin, which needs no mention", () => {
    expect(pageOf(request({ origin: OWN }), [])).toBe(OWN)
    expect(pageOf(request({ origin: 'http://127.0.0.1:8787' }, 'http://127.0.0.1:8787/chat'), [])).toBe(
      'http://127.0.0.1:8787',
    )
  })

  test("with a GET of the Worker's own page, which has no Origin but its browser's word", () => {
    expect(pageOf(request({ 'sec-fetch-site': 'same-origin' }), [])).toBe(OWN)
    for (const site of ['same-site', 'cross-site', 'none', '']) {
      expect(pageOf(request({ 'sec-fetch-site': site }), [])).toBeUndefined()
    }
  })

  test('and a call without an Origin is from no page', () => {
    expect(pageOf(request(), allowed)).toBeUndefined()
  })
})

describe('a page may not call', () => {
  test.each([
    // An opaque origin, and those that only look like an allowed one.
    'null',
    'https://evil.example',
    'https://example.org',
    'https://evilexample.org',
    'https://a.example.org.evil.example',
    'https://evil.example/.example.org',
    'https://evil.example#.example.org',
    'https://evil.example?.example.org',
    'https://a.example.org@evil.example',
    'https://evil.example:443.example.org',
    'https://.example.org',
    'https://*.example.org',
    'https://a,b.example.org',
    'https://a b.example.org',
    // Another scheme or port is another origin.
    'http://shop.example',
    'https://shop.example:444',
    'https://shop.example:443',
    'https://a.example.org:8443',
    'https://a.example.com',
    'http://localhost:3001',
    'http://millrace.example',
    // Not as browsers write it.
    'HTTPS://SHOP.EXAMPLE',
    'https://shop.example/',
    'https://user@shop.example',
    'shop.example',
    '*',
    '',
    'file://',
    'data:text/html,x',
    'chrome-extension://abcdefgh',
    // Several: one of them is ours.
    'https://shop.example, https://evil.example',
    'https://evil.example, https://shop.example',
    'https://shop.example https://evil.example',
    `https://shop.example,${OWN}`,
  ])('from the origin %j', (origin) => {
    const error = from(origin)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code: 'origin_not_allowed', status: 403 })
  })

  test('with two Origin headers', () => {
    const headers = new Headers([
      ['origin', OWN],
      ['origin', 'https://evil.example'],
    ])
    expect(pageOf(new Request(OWN, { headers }), allowed)).toBeInstanceOf(ApiError)
  })

  test('by claiming to be of the same site', () => {
    const error = pageOf(
      request({ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }),
      allowed,
    )
    expect(error).toBeInstanceOf(ApiError)
  })

  test('from any origin without a list', () => {
    expect(pageOf(request({ origin: 'https://shop.example' }), [])).toBeInstanceOf(ApiError)
  })
})

describe('the response', () => {
  const SHOP = 'https://shop.example'
  const config = readConfig({ ALLOWED_ORIGINS })
  let account: Account = { timing: {} }
  const app = new Hono<App>()
  app.use(async (c, next) => {
    account = { timing: {} }
    c.set('account', account)
    c.set('config', config)
    await next()
  })
  app.use(pages())
  app.post('/x', (c) => c.text(c.var.page ?? 'no page', 200, { vary: 'Accept' }))
  answerOtherMethods(app)

  const post = (headers: Record<string, string>) => app.request(`${OWN}/x`, { method: 'POST', headers })
  const preflight = (asked: string | undefined, origin = SHOP) => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      ...(asked !== undefined && { 'access-control-request-headers': asked }),
    }
    return app.request(`${OWN}/x`, { method: 'OPTIONS', headers })
  }
  const variesBy = (response: Response) => response.headers.get('vary')?.split(', ').toSorted()

  test('names an allowed page, never `*`, and says nothing of cookies', async () => {
    const response = await post({ origin: SHOP })
    expect([await response.text(), response.headers.get('access-control-allow-origin')]).toEqual([SHOP, SHOP])
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    const exposed = response.headers.get('access-control-expose-headers')?.split(', ')
    expect(exposed).toEqual(
      expect.arrayContaining([
        'stream-id',
        'location',
        'max-prompt-tokens',
        'moderation-retract-chars',
        'x-request-id',
        'retry-after',
        'retry-after-ms',
        'server-timing',
        'idempotent-replayed',
        'x-millrace-upstream',
        'x-ratelimit-remaining-tokens',
      ]),
    )
  })

  describe('to a foreign page is a refusal that it can read', () => {
    const longest = `https://${'a.'.repeat(126)}a`

    test.each([
      ['https://evil.example', 'Pages of https://evil.example may not call here: ALLOWED_ORIGINS', true],
      [longest, `Pages of ${longest} may not`, true],
      ['null', 'A page that was opened as a file, or in a sandboxed frame, has no origin', false],
      [
        'https://evil.example/<script>',
        'The `Origin` of this request is not one that a browser writes.',
        false,
      ],
      [`${longest}${'a'.repeat(7)}`, 'The `Origin` of this request is not one that a browser writes.', false],
    ])('from %j', async (origin, words, isNamed) => {
      const response = await post({ origin })
      expect([response.status, variesBy(response)]).toEqual([403, ['Origin']])
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
      const { error } = (await response.json()) as { error: { code: string; message: string } }
      expect(error).toMatchObject({ code: 'origin_not_allowed', message: expect.stringContaining(words) })
      expect(error.message.includes(origin)).toBe(isNamed)
      expect(account.setting).toBe(isNamed ? 'ALLOWED_ORIGINS' : undefined)
    })

    test('after a preflight, which allows it to ask and does nothing', async () => {
      const response = await preflight('authorization', 'https://evil.example')
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
      // An OPTIONS that is no preflight is refused as any other call.
      const headers = { origin: 'https://evil.example' }
      expect((await app.request(`${OWN}/x`, { method: 'OPTIONS', headers })).status).toBe(403)
    })
  })

  test('without a page has only `Vary` for caches, beside the route’s own', async () => {
    const response = await post({})
    expect([await response.text(), variesBy(response)]).toEqual(['no page', ['Accept', 'Origin']])
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('to a preflight allows the requested headers, and caches keep it apart from others', async () => {
    const asked = 'authorization,content-type, x-stainless-retry-count,idempotency-key'
    const response = await preflight(asked)
    expect([response.status, response.headers.get('access-control-allow-headers')]).toEqual([204, asked])
    expect(response.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
    expect(response.headers.get('access-control-max-age')).toBe('7200')
    expect(variesBy(response)).toEqual(['Access-Control-Request-Headers', 'Origin'])
  })

  test.each([undefined, '', 'a b', 'x:y', 'a;b', '*', ',', 'x'.repeat(5000)])(
    '%j is no list of names, and is not repeated',
    async (asked) => {
      const response = await preflight(asked)
      expect([response.status, response.headers.get('access-control-allow-headers')]).toEqual([204, null])
    },
  )
})
