/** The protocol over HTTP, under a real `wrangler dev`; and what real clients make of a stream: curl and OpenAI's SDK. */
import { createHash } from 'node:crypto'
import { APIError } from 'openai'
import { Stream } from 'openai/streaming'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { curl } from '../support/curl.ts'
import { expectDelivery } from '../support/delivered.ts'
import { answerEvents, delta, numbered, role, USAGE } from '../support/sse.ts'
import type { Upstream } from '../support/upstream.ts'
import { startWranglerDev, type WranglerDev } from '../support/wrangler-dev.ts'
import { type Asked, Caller, errorOf } from './caller.ts'
import { protocolCases } from './cases.ts'
import { type Following, restOf } from './following.ts'
import { gate, plan } from './plan.ts'
import { startPlannedUpstream } from './plan-over-http.ts'

const KEYS = ['mr_one', 'mr_two'] as const
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

let upstream: Upstream | undefined
let wrangler: WranglerDev | undefined
let silent: Following | undefined
beforeAll(async () => {
  upstream = await startPlannedUpstream()
  wrangler = await startWranglerDev({
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    OPENAI_API_KEY: 'sk-test',
    ACCESS_KEYS: KEYS.map((key, i) => `caller${i}:${sha256(key)}`).join(),
  })
  // Its heartbeat is due after 15 s, which all other cases together take as well.
  silent = await (await caller.begin(plan(role(), gate()))).take(1)
})
afterAll(async () => {
  await wrangler?.stop()
  await upstream?.stop()
})

const reachAs =
  (key: string) =>
  (path: string, asked: Asked = {}) =>
    fetch(`${wrangler?.url}${path}`, {
      ...asked,
      headers: { authorization: `Bearer ${key}`, ...asked.headers },
    })
const caller = new Caller(reachAs(KEYS[0]))
const stranger = new Caller(reachAs(KEYS[1]))

protocolCases(caller.reach)

describe('another caller’s', () => {
  test('stream is not found: the same 404, byte for byte, and no stream is stopped', async () => {
    const middle = gate()
    const events = answerEvents(numbered(4))
    const first = await caller.begin(plan(...events.slice(0, 2), middle, ...events.slice(2)))
    const nobodys = await (await stranger.get(`str_${'0'.repeat(32)}`)).text()
    for (const asked of [
      stranger.get(first.id),
      stranger.get(first.id, { header: '1' }),
      stranger.stop(first.id),
    ]) {
      const response = await asked
      expect([response.status, await response.text()]).toEqual([404, nobodys])
    }
    await caller.open(middle)
    expect(await first.rest()).toContain('[DONE]')
  })

  test('Idempotency-Key opens a stream of its own', async () => {
    const key = { 'idempotency-key': crypto.randomUUID() }
    const asked = plan(...answerEvents(['a']))
    const [his, hers] = [await caller.begin(asked, key), await stranger.begin(asked, key)]
    expect(his.id).not.toBe(hers.id)
    expect(hers.response.headers.get('idempotent-replayed')).not.toBe('true')
    await Promise.all([his.rest(), hers.rest()])
  })
})

test('a caller without an access key sees no stream', async () => {
  const { id } = await caller.read(plan(...answerEvents(['a'])))
  for (const [method, path] of [
    ['POST', '/v1/streams'],
    ['GET', '/v1/streams'],
    ['GET', `/v1/streams/${id}`],
    ['DELETE', `/v1/streams/${id}`],
    ['GET', '/v1/streams/str_unknown'],
  ] as const) {
    const response = await fetch(`${wrangler?.url}${path}`, { method })
    expect([method, path, response.status]).toEqual([method, path, 401])
    expect(await errorOf(response)).toMatchObject({ code: 'access_key_required' })
  }
})

test('the page and the widget are delivered as by `npm start`', async () => {
  const url = wrangler?.url ?? ''
  expect((await curl(url)).text).toMatch(/^<!doctype html>/i)
  await expectDelivery(url)
})

test('curl -N resumes, and stops where there is nothing more', async () => {
  const { id, text } = await caller.read(plan(...answerEvents(numbered(30))))
  const ask = (cursor: number) =>
    curl(
      ...['-N', '-w', '%{stderr}%{http_code}', '-H', `Authorization: Bearer ${KEYS[0]}`],
      ...['-H', `Last-Event-ID: ${cursor}`, `${wrangler?.url}/v1/streams/${id}`],
    )
  expect(await ask(17)).toMatchObject({ status: 0, text: restOf(text, 17), complaint: '200' })
  expect(await ask(34)).toMatchObject({ status: 0, text: '', complaint: '204' })
})

describe("OpenAI's SDK", () => {
  const read = (response: Response) => Stream.fromSSEResponse<ChatChunk>(response, new AbortController())
  const contentOf = (chunks: ChatChunk[]) =>
    chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')

  test('reads a stream, and one that is resumed', async () => {
    const asked = plan(...answerEvents(numbered(5), { usage: true }))
    const response = await caller.post(asked)
    const chunks = await Array.fromAsync(read(response))
    expect(contentOf(chunks)).toBe(numbered(5).join(''))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: USAGE, millrace: { state: 'done' } })
    const id = response.headers.get('stream-id') ?? ''
    const rest = await Array.fromAsync(read(await caller.get(id, { header: '4' })))
    expect(rest).toEqual(chunks.slice(4))
  })

  test.each(['live', 'again'])('throws where the answer broke off, read %s', async (when) => {
    let response = await caller.post(plan(role(), ...numbered(3).map(delta)))
    if (when === 'again') {
      await response.text()
      response = await caller.get(response.headers.get('stream-id') ?? '')
    }
    const chunks: ChatChunk[] = []
    const reading = async () => {
      for await (const chunk of read(response)) chunks.push(chunk)
    }
    const thrown: unknown = await reading().catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(APIError)
    expect(thrown).toMatchObject({ code: 'upstream_truncated' })
    expect(contentOf(chunks)).toBe(numbered(3).join(''))
  })
})

test('a silent stream sends a heartbeat after 15 s, which is no event', async () => {
  await silent?.until(() => (silent?.heartbeats ?? 0) > 0)
  expect(silent?.cursor).toBe(1)
  expect((await caller.stop(silent?.id ?? '')).status).toBe(204)
  expect(await silent?.rest()).toContain('[DONE]')
})
