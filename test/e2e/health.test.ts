/** `/healthz?upstream`: whether the upstream answers, and how often it is asked. */
import { describe, expect, test } from 'vitest'
import type { Health } from '../../worker/protocol/wire.ts'
import { useHouse } from '../support/house.ts'
import { hang } from '../support/script.ts'
import { failing, json, page } from '../support/scripts.ts'

const get = async (url: string, query = '?upstream') => {
  const response = await fetch(`${url}/healthz${query}`)
  return { status: response.status, health: (await response.json()) as Health }
}

describe('an upstream that answers', () => {
  const house = useHouse({ OPEN_ACCESS: 'false' })

  test('is asked once in ten seconds, by whoever asks how often, and only with `?upstream`', async () => {
    expect((await get(house.url, '')).health).not.toHaveProperty('upstream_health')
    expect(house.upstream.calls).toHaveLength(0)
    const { status, health } = await get(house.url)
    expect([status, health]).toEqual([
      200,
      {
        status: 'ok',
        version: expect.any(String),
        upstream: 'openai',
        upstream_health: { ok: true, at: expect.stringMatching(/^\d{4}-.*Z$/), ms: expect.any(Number) },
      },
    ])
    const all = await Promise.all(Array.from({ length: 20 }, () => get(house.url)))
    for (const { health: again } of all) expect(again).toEqual(health)
    expect(house.upstream.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models'])
    expect((await get(house.url, '')).health).not.toHaveProperty('upstream_health')
  })
})

describe('the API that a chat should ask by', () => {
  const plain = useHouse()
  const tooled = useHouse({ TOOLS: JSON.stringify([{ type: 'web_search' }]) })
  const demo = useHouse({ OPENAI_API_KEY: '', OPENAI_BASE_URL: '' })

  test('is told where the owner’s tools need it, and in the demo', async () => {
    const told = await Promise.all([plain, tooled, demo].map(({ url }) => get(url, '')))
    expect(told.map(({ health }) => [health.upstream, health.api])).toEqual([
      ['openai', undefined],
      ['openai', 'responses'],
      ['demo', 'responses'],
    ])
  })
})

describe('whether a visitor’s page may ask for suggestions', () => {
  const SESSION_SECRET = 'a secret of thirty-two characters'
  const off = useHouse({ SESSION_SECRET })
  const on = useHouse({ SESSION_SECRET, SUGGESTIONS: 'on' })
  const nobody = useHouse({ SUGGESTIONS: 'on' })

  test('is told where there are visitors, and the owner says so', async () => {
    const told = await Promise.all([off, on, nobody].map(({ url }) => get(url, '')))
    expect(told.map(({ health }) => health.suggestions)).toEqual([undefined, true, undefined])
  })
})

describe('whether visitors may send pictures', () => {
  const TOOLS = JSON.stringify([{ type: 'web_search' }])
  const places = [
    useHouse(),
    useHouse({ VISITOR_FIELDS: 'image_url' }),
    useHouse({ VISITOR_FIELDS: 'image_url', TOOLS }),
    useHouse({ VISITOR_FIELDS: 'input_image', TOOLS }),
  ]

  test('is told for the API that a chat asks by', async () => {
    const told = await Promise.all(places.map(({ url }) => get(url, '')))
    expect(told.map(({ health }) => health.pictures)).toEqual([undefined, true, undefined, true])
  })
})

describe.each([
  ['refuses the key', failing(401, { code: 'invalid_api_key', message: 'Zebra.' }), 'upstream_refused', 401],
  ['has no such path', page('<h1>404</h1>', 'text/html', 404), 'upstream_rejected', 404],
  ['is something else', json({ hello: 'world' }), 'upstream_invalid', undefined],
  ['does not answer', hang, 'upstream_total_timeout', undefined],
] as const)('an upstream that %s', (_, script, code, upstreamStatus) => {
  const house = useHouse()

  test('is told by a status and a code, and to the log with more', async () => {
    house.upstream.next(script)
    const { status, health } = await get(house.url)
    expect(status).toBe(503)
    expect(health).toMatchObject({ status: 'upstream_failed', upstream_health: { ok: false, code } })
    expect(JSON.stringify(health)).not.toMatch(/Zebra|127\.0\.0\.1/)
    await expect
      .poll(() => house.logs.at(-1))
      .toMatchObject({
        route: '/healthz',
        status: 503,
        code,
        ...(upstreamStatus && { upstream_status: upstreamStatus }),
      })
    // What was found holds for a while.
    expect(await get(house.url)).toEqual({ status, health })
    expect(house.upstream.calls).toHaveLength(1)
  })
})

describe('while the first answer is awaited', () => {
  const house = useHouse()

  test('another caller is told that this Worker is up, and waits for nothing', async () => {
    house.upstream.next(hang)
    const left = new AbortController()
    const first = fetch(`${house.url}/healthz?upstream`, { signal: left.signal }).catch(() => 'left')
    await house.upstream.call(1)
    const { status, health } = await get(house.url)
    expect([status, health.status, health.upstream_health]).toEqual([200, 'ok', undefined])
    left.abort()
    expect(await first).toBe('left')
    // A caller who left has found nothing out.
    await house.upstream.until(({ open }) => open === 0)
    await expect.poll(async () => (await get(house.url)).health.upstream_health?.ok).toBe(true)
  })
})
