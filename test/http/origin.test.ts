import { describe, expect, test } from 'vitest'
import { readConfig } from '../../worker/config/config.ts'
import { ApiError } from '../../worker/errors.ts'
import { corsHeaders, pageOf, preflightHeaders } from '../../worker/http/origin.ts'

const OWN = 'https://millrace.example'
const ALLOWED_ORIGINS =
  'https://shop.example, https://*.example.com:8443, https://*.example.org, http://localhost:3000'
const allowed = readConfig({ ALLOWED_ORIGINS }).allowedOrigins

const request = (headers: Record<string, string> = {}, url = `${OWN}/v1/chat/completions`) =>
  new Request(url, { method: 'POST', headers })
const from = (origin: string) => pageOf(request({ origin }), allowed)

describe('pages that may call', () => {
  test.each([
    OWN,
    'https://shop.example',
    'https://a.example.org',
    'https://a.b.c.example.org',
    'https://xn--bcher-kva.example.org',
    'https://a.example.com:8443',
    'http://localhost:3000',
  ])('%s', (origin) => {
    expect(from(origin)).toBe(origin)
  })

  test("the Worker's own needs no mention", () => {
    expect(pageOf(request({ origin: OWN }), [])).toBe(OWN)
    expect(pageOf(request({ origin: 'http://127.0.0.1:8787' }, 'http://127.0.0.1:8787/chat'), [])).toBe(
      'http://127.0.0.1:8787',
    )
  })

  test("a GET of its own page has no Origin, but its browser's word", () => {
    expect(pageOf(request({ 'sec-fetch-site': 'same-origin' }), [])).toBe(OWN)
    for (const site of ['same-site', 'cross-site', 'none', '']) {
      expect(pageOf(request({ 'sec-fetch-site': site }), [])).toBeUndefined()
    }
  })

  test('who is no page says nothing', () => {
    expect(pageOf(request(), allowed)).toBeUndefined()
  })
})

describe('pages that may not', () => {
  test.each([
    // Nobody's, and those that only look like one of ours.
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
  ])('%j', (origin) => {
    const error = from(origin)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code: 'origin_not_allowed', status: 403 })
  })

  test('two headers are none', () => {
    const headers = new Headers([
      ['origin', OWN],
      ['origin', 'https://evil.example'],
    ])
    expect(pageOf(new Request(OWN, { headers }), allowed)).toBeInstanceOf(ApiError)
  })

  test("a foreign page can't claim to be of the same site", () => {
    const error = pageOf(
      request({ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }),
      allowed,
    )
    expect(error).toBeInstanceOf(ApiError)
  })

  test('what no list says is not allowed', () => {
    expect(pageOf(request({ origin: 'https://shop.example' }), [])).toBeInstanceOf(ApiError)
  })
})

describe('CORS', () => {
  test('the page is named, never `*`, and nothing is said of cookies', () => {
    const headers = corsHeaders('https://shop.example')
    expect(headers).toMatchObject({ vary: 'Origin', 'access-control-allow-origin': 'https://shop.example' })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    const exposed = headers['access-control-expose-headers']?.split(', ')
    for (const name of [
      'stream-id',
      'location',
      'x-request-id',
      'retry-after',
      'retry-after-ms',
      'server-timing',
    ])
      expect(exposed).toContain(name)
    expect(exposed).toContain('idempotent-replayed')
    expect(exposed).toContain('x-ratelimit-remaining-tokens')
  })

  test('without a page there is only what caches must know', () => {
    expect(corsHeaders(undefined)).toEqual({ vary: 'Origin' })
  })

  const preflight = (asked?: string) =>
    preflightHeaders(
      request(asked === undefined ? {} : { 'access-control-request-headers': asked }),
      'POST, OPTIONS',
    )

  test('a page may send what it asks for', () => {
    const asked = 'authorization,content-type, x-stainless-retry-count,idempotency-key'
    expect(preflight(asked)).toEqual({
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': asked,
      'access-control-max-age': '7200',
      vary: 'Origin, Access-Control-Request-Headers',
    })
  })

  test.each([undefined, '', 'a b', 'x:y', 'a;b', '*', 'ü', ',', 'x'.repeat(5000)])(
    '%j is no list of names, and is not repeated',
    (asked) => {
      expect(preflight(asked)).not.toHaveProperty('access-control-allow-headers')
    },
  )
})
