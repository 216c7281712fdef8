/** Which upstreams rest: for how long, how a rest ends, and what many callers at once see of it. */
import { describe, expect, test } from 'vitest'
import { budgeted, linesOf, read, STREAMED, servedBy, spent } from '../support/budgeted.ts'
import { askStream } from '../support/caller.ts'
import type { Sent } from '../support/gate.ts'
import { hang, reset, type Script } from '../support/script.ts'
import { failing } from '../support/scripts.ts'
import { useTwoUpstreams } from '../support/two-upstreams.ts'
import { answers } from '../support/ways.ts'

const { vars, newCaller } = budgeted(250)
/** On a busy machine a call that is answered may take more than a second, and one that is held does. */
const patient = useTwoUpstreams({ step: '@30s', vars })
/** For an upstream that is silent. */
const impatient = useTwoUpstreams({ step: '@1s', most: 1, vars })

const LATE_MS = 20_000

describe('Retry-After', () => {
  const inAMinute = () => new Date(Date.now() + 60_000).toUTCString()
  const aMinuteAgo = () => new Date(Date.now() - 60_000).toUTCString()

  test.each<[string, () => Record<string, string>, 'rests' | 'is asked again']>([
    ['in seconds', () => ({ 'retry-after': '60' }), 'rests'],
    ['as a date', () => ({ 'retry-after': inAMinute() }), 'rests'],
    ['in milliseconds', () => ({ 'retry-after-ms': '60000' }), 'rests'],
    [
      'in milliseconds, before another one',
      () => ({ 'retry-after-ms': '60000', 'retry-after': '0' }),
      'rests',
    ],
    ['missing', () => ({}), 'is asked again'],
    ['nonsense', () => ({ 'retry-after': 'soon' }), 'is asked again'],
    ['negative', () => ({ 'retry-after': '-5' }), 'is asked again'],
    ['zero', () => ({ 'retry-after': '0' }), 'is asked again'],
    ['a date that is over', () => ({ 'retry-after': aMinuteAgo() }), 'is asked again'],
  ])('of 429, %s', async (_, headers, then) => {
    const { model, first, second } = patient.fresh()
    const caller = newCaller()
    patient.first.next(failing(429, {}, headers()))
    const answer = await read(patient.url, STREAMED, model, caller)
    expect([answer.status, answer.upstream]).toEqual([200, second])
    expect([...answer.headers.keys()].filter((name) => name.startsWith('retry-after'))).toEqual([])
    expect(await servedBy(patient.url, model, caller)).toBe(then === 'rests' ? second : first)
    expect(patient.first.calls).toHaveLength(then === 'rests' ? 1 : 2)
  })
})

describe('rest', () => {
  test('one that always fails is asked three times, and then no more', async () => {
    const { model, second } = patient.fresh()
    const caller = newCaller()
    patient.first.when('theirs', failing(500))
    for (let i = 1; i <= 5; i++) {
      expect(await servedBy(patient.url, model, caller)).toBe(second)
      expect(patient.first.calls).toHaveLength(Math.min(i, 3))
    }
  })

  test.each<[string, Script]>([
    ['our key', failing(401, { code: 'invalid_api_key' })],
    ['our bill', failing(402)],
    ['our place', failing(403, { code: 'unsupported_country_region_territory' })],
    ['a spent quota', failing(429, { code: 'insufficient_quota' })],
    ['a model that it lacks', failing(404, { code: 'model_not_found' })],
  ])('after %s it is not asked for this model again', async (_, script) => {
    const { model, second } = patient.fresh()
    const caller = newCaller()
    patient.first.next(script)
    for (let i = 0; i < 3; i++) expect(await servedBy(patient.url, model, caller)).toBe(second)
    expect(patient.first.calls).toHaveLength(1)
  })

  /** The first one rests for a moment. Then one call reaches it, and is held. @returns that call */
  async function probed(model: string, caller: Sent, then: Script) {
    const release = Promise.withResolvers<void>()
    patient.first.next(failing(429, {}, { 'retry-after-ms': '200' }))
    patient.first.next(async (reply) => {
      await release.promise
      await then(reply)
    })
    await servedBy(patient.url, model, caller)
    const asked: Promise<string | null>[] = []
    await expect
      .poll(async () => {
        asked.push(servedBy(patient.url, model, caller))
        await Promise.race([asked.at(-1), patient.first.call(2)])
        return patient.first.calls.length
      })
      .toBe(2)
    return { probe: asked.at(-1) as Promise<string | null>, release: release.resolve }
  }

  test('a probe that succeeds ends the rest; meanwhile no other call waits for it', async () => {
    const { model, first, second } = patient.fresh()
    const caller = newCaller()
    const { probe, release } = await probed(model, caller, answers)
    const meanwhile = await Promise.all(
      Array.from({ length: 10 }, () => servedBy(patient.url, model, caller)),
    )
    expect(new Set(meanwhile)).toEqual(new Set([second]))
    expect(patient.first.calls).toHaveLength(2)
    release()
    expect(await probe).toBe(first)
    expect(await servedBy(patient.url, model, caller)).toBe(first)
  })

  test('a probe that fails begins the rest again, and its caller is answered', async () => {
    const { model, second } = patient.fresh()
    const caller = newCaller()
    const { probe, release } = await probed(model, caller, failing(500))
    release()
    expect(await probe).toBe(second)
    for (let i = 0; i < 3; i++) expect(await servedBy(patient.url, model, caller)).toBe(second)
    expect(patient.first.calls).toHaveLength(2)
  })

  test('one that rests is asked as the last, if the others fail', async () => {
    const { model, first } = patient.fresh()
    const caller = newCaller()
    patient.first.next(failing(429, {}, { 'retry-after': '60' }))
    await servedBy(patient.url, model, caller)
    patient.second.next(failing(500))
    expect(await servedBy(patient.url, model, caller)).toBe(first)
    expect([patient.first.calls.length, patient.second.calls.length]).toEqual([2, 2])
  })

  test('if all rest, the one whose rest ends first is asked, and no other', async () => {
    const { model, second } = patient.fresh()
    const caller = newCaller()
    patient.first.next(failing(429, {}, { 'retry-after': '60' }))
    patient.second.next(failing(429, {}, { 'retry-after': '30' }))
    const refused = await read(patient.url, STREAMED, model, caller)
    expect([refused.status, refused.upstream]).toEqual([429, second])
    expect(refused.headers.get('retry-after')).toBe('30')
    patient.second.next(failing(429, {}, { 'retry-after': '30' }))
    expect((await read(patient.url, STREAMED, model, caller)).status).toBe(429)
    expect([patient.first.calls.length, patient.second.calls.length]).toEqual([1, 2])
    expect(await spent(patient.url, caller)).toBe(0)
  })
})

describe('50 callers at once on a first upstream that', () => {
  test.each<[string, Script | undefined]>([
    ['refuses them', undefined],
    ['resets them', reset],
    ['is silent', hang],
  ])('%s are all answered, and the next ones do not ask it', async (_, script) => {
    const house = script === hang ? impatient : patient
    const { model, first, second } = house.fresh()
    const crowd = Array.from({ length: 50 }, newCaller)
    if (script === undefined) await house.first.refuse()
    else house.first.when('theirs', script)
    const all = await Promise.all(crowd.map((caller) => read(house.url, STREAMED, model, caller)))
    expect(new Set(all.map(({ status, upstream }) => `${status} ${upstream}`))).toEqual(
      new Set([`200 ${second}`]),
    )
    for (const { text, ms } of all) {
      expect(text).toMatch(/Hello.*\[DONE\]/s)
      expect(ms).toBeLessThan(LATE_MS)
    }
    expect(house.second.calls).toHaveLength(50)
    const lines = await linesOf(house.logs, model, 50)
    // Each is asked of the first at most once.
    for (const { attempts = [] } of lines) {
      expect((attempts as object[]).length).toBeLessThanOrEqual(1)
      for (const attempt of attempts as object[]) expect(attempt).toMatchObject({ upstream: first })
    }
    const before = house.first.calls.length
    expect(before).toBeLessThanOrEqual(50)
    const next = await Promise.all(crowd.map((caller) => servedBy(house.url, model, caller)))
    expect(new Set(next)).toEqual(new Set([second]))
    expect(house.first.calls).toHaveLength(before)
    expect(house.second.calls).toHaveLength(100)
    const after = (await linesOf(house.logs, model, 100)).filter((line) => !lines.includes(line))
    for (const line of after) expect(line.attempts).toBeUndefined()
    if (script === undefined) await house.first.accept()
  })
})

test('a caller who leaves while the first one is silent rests nobody', async () => {
  const { model, first } = patient.fresh()
  const caller = newCaller()
  for (let i = 1; i <= 3; i++) {
    patient.first.next(hang)
    const leaving = new AbortController()
    const asked = askStream(patient.url, { model }, { headers: caller, signal: leaving.signal })
    await patient.first.call(i)
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await patient.first.until(({ open }) => open === 0)
  }
  expect(patient.second.calls).toHaveLength(0)
  expect(await servedBy(patient.url, model, caller)).toBe(first)
})
