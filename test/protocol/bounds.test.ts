/** What durable streams are bounded by, with the times of a day made short. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_READERS } from '../../worker/limits.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { answerEvents, delta, numbered, role } from '../support/sse.ts'
import type { Upstream } from '../support/upstream.ts'
import { Caller, errorOf } from './caller.ts'
import { expectBroken, expectWhole } from './expected.ts'
import { eventsOf } from './following.ts'
import { gate, plan } from './plan.ts'
import { startPlannedUpstream } from './plan-over-http.ts'

let upstream: Upstream | undefined
let millrace: Millrace | undefined
/** With the times of a deployment, for what takes a while. */
let patient: Millrace | undefined
beforeAll(async () => {
  upstream = await startPlannedUpstream()
  const vars = { OPENAI_BASE_URL: `${upstream.url}/v1`, OPENAI_API_KEY: 'sk-test' }
  patient = await startMillrace(vars)
  millrace = await startMillrace({
    ...vars,
    SILENCE_TIMEOUT_MS: '1000',
    // Each test reads its stream again until then.
    STREAM_KEEP_MS: '5000',
    STREAM_ABANDONED_MS: '500',
  })
})
afterAll(async () => {
  await millrace?.stop()
  await patient?.stop()
  await upstream?.stop()
})

const caller = new Caller((path, asked) => fetch(`${millrace?.url}${path}`, asked))
const unhurried = new Caller((path, asked) => fetch(`${patient?.url}${path}`, asked))
const HALF = [role(), ...numbered(3).map(delta)]

test('an upstream that falls silent ends as failed, and its call with it', async () => {
  const asked = plan(...HALF, gate())
  const { id, text } = await caller.read(asked)
  expectBroken(text, HALF, 'failed', { code: 'upstream_silence_timeout', type: 'server_error' })
  expect(await caller.replay(id)).toBe(text)
  await caller.over(asked)
})

test('a stream without readers is stopped, and its call with it', async () => {
  // It goes on talking: on a machine like this a reader's leaving is seen when something is written to it.
  const asked = plan(...HALF, { ...gate(), saying: delta('.') })
  const first = await (await caller.begin(asked)).take(2)
  await first.leave()
  await caller.over(asked)
  const text = await caller.replay(first.id)
  const said = eventsOf(text).length - HALF.length - 2
  expectWhole(text, [...HALF, ...Array.from({ length: said }, () => delta('.'))], 'stopped')
})

test('a stream is kept for a while, and then not found', async () => {
  const key = { 'idempotency-key': crypto.randomUUID() }
  const asked = plan(...answerEvents(['a']))
  const { id, text } = await caller.read(asked, key)
  expect(await caller.replay(id)).toBe(text)
  await expect.poll(async () => (await caller.get(id)).status).toBe(404)
  const unknown = await (await caller.get(`str_${'0'.repeat(32)}`)).text()
  for (const response of [await caller.get(id), await caller.stop(id)]) {
    expect([response.status, await response.text()]).toEqual([404, unknown])
  }
  const again = await caller.begin(asked, key)
  expect(again.id).not.toBe(id)
  expect(again.response.headers.get('idempotent-replayed')).not.toBe('true')
  await again.rest()
})

test(`${MAX_READERS} readers follow a stream at once; one more has to wait until one leaves`, async () => {
  const talking = { ...gate(), saying: delta('.') }
  const first = await (await unhurried.begin(plan(role(), talking, ...answerEvents([]).slice(1)))).take(1)
  const others = await Promise.all(
    Array.from({ length: MAX_READERS - 1 }, async () => (await unhurried.follow(first.id)).take(1)),
  )
  const refused = await unhurried.get(first.id)
  expect(refused.status).toBe(429)
  expect(await errorOf(refused)).toMatchObject({ code: 'too_many_readers', type: 'rate_limit_error' })
  await others.pop()?.leave()
  await expect
    .poll(async () => {
      const { status, body } = await unhurried.get(first.id)
      await body?.cancel()
      return status
    })
    .toBe(200)
  await unhurried.open(talking)
  const whole = await first.rest()
  for (const other of others) expect(await other.rest()).toBe(whole)
})

test('a reader may reconnect any number of times, also during silence', async () => {
  const asked = plan(...HALF, gate())
  const first = await (await unhurried.begin(asked)).take(HALF.length)
  for (let visit = 1; visit <= MAX_READERS + 8; visit++) {
    const response = await unhurried.get(first.id, { header: '1' })
    expect(response.status, `visit ${visit}`).toBe(200)
    await response.body?.cancel()
  }
  await unhurried.stop(first.id)
  await first.rest()
})
