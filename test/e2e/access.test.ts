/** Closed unless opened: a call that costs money needs an access key. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ask, chat, QUESTION } from '../support/caller.ts'
import { curl } from '../support/curl.ts'
import { UPSTREAM_KEY, useHouse } from '../support/house.ts'

const KEY = 'mr_q7wXs0mZ2kLr9tYb4nVd'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('with access keys', () => {
  const house = useHouse({
    OPEN_ACCESS: 'false',
    ACCESS_KEYS: `first:${sha256('mr_another')},second:${sha256(KEY)}`,
  })

  const withKey = (authorization: string) => ({ headers: { authorization } })

  const calls: [string, (init: RequestInit) => Promise<Response>][] = [
    ['/v1/chat/completions', (init) => ask(house.url, QUESTION, init)],
    ['/chat', (init) => chat(house.url, 'Hello?', init)],
    ['/v1/models', (init) => fetch(`${house.url}/v1/models`, init)],
  ]

  test.each(calls)('%s: the right key opens', async (_, call) => {
    const response = await call(withKey(`Bearer ${KEY}`))
    expect(response.status).toBe(200)
    expect(house.upstream.calls[0]?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
  })

  test.each(calls)('%s: no other does', async (_, call) => {
    expect((await call({})).status).toBe(401)
    for (const authorization of [
      'Bearer mr_wrong',
      `Bearer ${KEY}x`,
      `Bearer ${KEY.slice(0, -1)}`,
      `Bearer ${KEY.toLowerCase()}`,
      `Bearer ${sha256(KEY)}`,
      `Bearer ${UPSTREAM_KEY}`,
      `Basic ${KEY}`,
      'Bearer',
      'Bearer ',
      KEY,
    ]) {
      expect((await call(withKey(authorization))).status, authorization).toBe(401)
    }
    expect(house.upstream.calls).toHaveLength(0)
  })

  test('asks for the key before it reads the body', async () => {
    expect((await ask(house.url, 'not JSON')).status).toBe(401)
  })

  test('liveness needs none', async () => {
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200)
  })
})

describe('OPEN_ACCESS', () => {
  const house = useHouse({ OPEN_ACCESS: 'true' })

  test("lets in whoever asks on one's own machine", async () => {
    expect((await ask(house.url)).status).toBe(200)
  })

  test.each([
    ['by another name', 'Host: millrace.example'],
    ["through Cloudflare's network", 'cf-ray: 9e4fb2ea99e62968-LHR'],
  ])('%s it opens nothing, and says so', async (_, header) => {
    for (const path of ['/v1/chat/completions', '/v1/streams', '/chat', '/v1/sessions']) {
      const type = 'content-type: application/json'
      const body = JSON.stringify(QUESTION)
      const { text } = await curl('-i', '-H', header, '-H', type, '-d', body, `${house.url}${path}`)
      expect(text).toMatch(/^HTTP\/1\.1 500/)
      expect(text).toContain('configuration_error')
      expect(text).toContain('OPEN_ACCESS')
    }
    expect(house.upstream.calls).toHaveLength(0)
  })
})
