/** What is tried against an open endpoint over raw connections, and through those whom the Worker asks. docs/SECURITY.md has the whole list. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  keys,
  openSession,
  openStream,
  ROUTES,
  type Sent,
  usageOf,
  VISITORS,
  visit,
} from '../support/gate.ts'
import { UPSTREAM_KEY, useHouse } from '../support/house.ts'
import { isModeration, verdict } from '../support/moderation-server.ts'
import { end, head, inOrder } from '../support/script.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const { ACCESS_KEYS, callers } = keys(1)
const headers = callers[0] as Sent
const house = useHouse({ ...VISITORS, ACCESS_KEYS, KEY_DAILY_TOKENS: '100000', MODERATION: 'input' })

/** Where a redirect would lead. */
let elsewhere: Upstream
beforeAll(async () => {
  elsewhere = await startUpstream()
})
afterAll(() => elsewhere.stop())

/** Sends this as it is, and reads until the other side closes, or has answered. */
async function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(house.url)
  const socket = connect(Number(port), hostname)
  socket.write(text)
  let answer = ''
  for await (const bytes of socket) {
    answer += bytes
    if (answer.includes('\r\n\r\n')) break
  }
  socket.destroy()
  return answer
}

describe('a redirect', () => {
  test.each(ROUTES)('of the upstream is not followed, and no key with it: %s', async (_, ask) => {
    const redirect = inOrder(head(307, { location: `${elsewhere.url}/v1/chat/completions` }), end)
    house.upstream.when((call) => (isModeration(call) ? undefined : redirect))
    expect((await ask(house.url, {}, { headers })).status).toBeGreaterThanOrEqual(500)
    expect(elsewhere.calls).toHaveLength(0)
  })

  test('nor of the moderation', async () => {
    const redirect = inOrder(head(307, { location: `${elsewhere.url}/v1/moderations` }), end)
    house.upstream.when((call) => (isModeration(call) ? redirect : undefined))
    expect((await openStream(house.url, {}, { headers })).status).toBe(503)
    expect(elsewhere.calls).toHaveLength(0)
  })
})

describe('line breaks', () => {
  test.each([
    ['in a header', 'GET /healthz HTTP/1.1\r\nhost: x\r\norigin: https://a.example\rset-cookie: a=b\r\n\r\n'],
    ['in a path', 'GET /v1/streams/%0d%0aset-cookie:%20a=b HTTP/1.1\r\nhost: x\r\n\r\n'],
    [
      'in a query',
      'POST /chat?model=%0d%0aset-cookie:%20a=b HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi',
    ],
    [
      'in what a preflight asks for',
      'OPTIONS /chat HTTP/1.1\r\nhost: x\r\naccess-control-request-headers: a%0d%0aset-cookie\r\n\r\n',
    ],
  ])('%s make no header of ours', async (_, text) => {
    const answer = await raw(text)
    expect(answer).toMatch(/^HTTP\/1\.1 [234]/)
    expect(answer).not.toMatch(/^set-cookie/im)
  })
})

test('bodies that never end hold nothing: no call, no tokens, no place, and nobody else up', async () => {
  const passing = verdict(() => false)
  house.upstream.when((call) => (isModeration(call) ? passing : undefined))
  const { hostname, port } = new URL(house.url)
  const slow = Array.from({ length: 50 }, () => {
    const socket = connect(Number(port), hostname)
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.write(
      [
        'POST /v1/streams HTTP/1.1',
        'host: x',
        'content-type: application/json',
        ...lines,
        'content-length: 1000',
      ].join('\r\n'),
    )
    socket.write('\r\n\r\n{"messages":')
    socket.on('error', () => {})
    return socket
  })
  expect((await openStream(house.url, {}, { headers })).status).toBe(201)
  expect((await usageOf(house.url, headers)).calls.running).toBeLessThanOrEqual(1)
  expect(house.upstream.calls.filter((call) => !isModeration(call))).toHaveLength(1)
  for (const socket of slow) socket.destroy()
})

test('a slow body’s visitor has nothing put aside', async () => {
  const visitor = await visit(house.url)
  const { hostname, port } = new URL(house.url)
  const socket = connect(Number(port), hostname)
  const lines = Object.entries(visitor).map(([name, value]) => `${name}: ${value}`)
  socket.write(['POST /chat HTTP/1.1', 'host: x', ...lines, 'content-length: 1000', '', 'a'].join('\r\n'))
  const usage = await usageOf(house.url, visitor)
  expect([usage.tokens.reserved, usage.calls.running]).toEqual([0, 0])
  socket.destroy()
})

test('no refusal, of whichever guard, holds a key, a secret or a token', async () => {
  const visitor = await visit(house.url)
  const answers = await Promise.all([
    openSession(house.url, { authorization: `Bearer ${UPSTREAM_KEY}` }),
    openSession(house.url, { origin: 'https://evil.example', authorization: visitor.authorization ?? '' }),
    ...ROUTES.map(([, ask]) =>
      ask(house.url, {}, { headers: { authorization: 'Bearer mr_wrong-but-secret' } }),
    ),
    ...ROUTES.map(([, ask]) =>
      ask(
        house.url,
        {},
        { headers: { authorization: `${visitor.authorization}x`, origin: visitor.origin ?? '' } },
      ),
    ),
    ...ROUTES.map(([, ask]) => ask(house.url, { tools: [] }, { headers: visitor })),
    ...ROUTES.map(([, ask]) => ask(house.url, { max_tokens: 1e6 }, { headers })),
  ])
  let told = ''
  for (const response of answers) {
    expect(response.status).toBeGreaterThanOrEqual(400)
    told += JSON.stringify([...response.headers]) + (await response.text())
  }
  const all = told + JSON.stringify(house.logs)
  for (const secret of [
    UPSTREAM_KEY,
    VISITORS.SESSION_SECRET,
    'mr_wrong-but-secret',
    ...[visitor, headers].map((it) => it.authorization?.slice('Bearer '.length) ?? ''),
  ]) {
    expect(all).not.toContain(secret)
  }
  expect(JSON.stringify(house.logs)).not.toContain(visitor['cf-connecting-ip'])
})
