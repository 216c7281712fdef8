/** `Idempotency-Key`: a request that is sent again is not a second call. */
import { describe, expect, test } from 'vitest'
import { answerEvents, numbered } from '../../support/sse.ts'
import { type Caller, errorOf, shown } from '../caller.ts'
import { expectWhole } from '../expected.ts'
import { type Following, restOf } from '../following.ts'
import { gate, type Plan, plan } from '../plan.ts'

const EVENTS = answerEvents(numbered(20))
const CHUNKS = EVENTS.slice(0, -1)

const newKey = () => ({ 'idempotency-key': crypto.randomUUID() })

export function idempotencyCases(caller: Caller): void {
  /** Sends it again. */
  const again = async (...[asked, headers]: Parameters<Caller['post']>): Promise<Following> => {
    const following = await caller.begin(asked, headers)
    expect(following.response.headers.get('idempotent-replayed')).toBe('true')
    expect(following.response.headers.get('location')).toBe(`/v1/streams/${following.id}`)
    return following
  }
  const expectOneCall = async (asked: Plan) => expect((await caller.callsOf(asked)).made).toBe(1)

  describe('the same request with the same key', () => {
    test('is the same stream, when that has ended', async () => {
      const key = newKey()
      const asked = plan(...EVENTS)
      const first = await caller.begin(asked, key)
      expect(first.response.headers.get('idempotent-replayed')).not.toBe('true')
      const whole = await first.rest()
      for (let time = 0; time < 2; time++) {
        const second = await again(asked, key)
        expect(second.id).toBe(first.id)
        expect(await second.rest()).toBe(whole)
      }
      const part = await again(asked, { ...key, 'last-event-id': '7' })
      expect(await part.rest()).toBe(restOf(whole, 7))
      const nowhere = await caller.post(asked, { ...key, 'last-event-id': '-1' })
      expect(nowhere.status).toBe(400)
      expect(await errorOf(nowhere)).toMatchObject({ code: 'invalid_cursor' })
      await expectOneCall(asked)
    })

    test('is the same stream, while that is still coming', async () => {
      const key = newKey()
      const middle = gate()
      const asked = plan(...EVENTS.slice(0, 10), middle, ...EVENTS.slice(10))
      const first = await (await caller.begin(asked, key)).take(4)
      await first.leave()
      const second = await again(asked, key)
      const third = await again(asked, { ...key, 'last-event-id': String(first.cursor) })
      expect([second.id, third.id]).toEqual([first.id, first.id])
      await Promise.all([second.take(10), third.take(10 - first.cursor)])
      await caller.open(middle)
      const [whole, rest] = await Promise.all([second.rest(), third.rest()])
      expectWhole(whole, CHUNKS)
      expect(first.text + rest).toBe(whole)
      await expectOneCall(asked)
    })

    test('is the same stream, when both are sent at the same moment', async () => {
      const key = newKey()
      const asked = plan(...EVENTS)
      const both = await Promise.all([caller.begin(asked, key), caller.begin(asked, key)])
      const replayed = both.map(({ response }) => response.headers.get('idempotent-replayed') === 'true')
      expect(replayed.toSorted()).toEqual([false, true])
      expect(both[0].id).toBe(both[1].id)
      const [one, two] = await Promise.all(both.map((following) => following.rest()))
      expect(one).toBe(two)
      expectWhole(one ?? '', CHUNKS)
      await expectOneCall(asked)
    })

    test('is the same stream, also one that was stopped', async () => {
      const key = newKey()
      const asked = plan(...EVENTS.slice(0, 5), gate())
      const first = await (await caller.begin(asked, key)).take(5)
      await caller.stop(first.id)
      const whole = await first.rest()
      expect(await (await again(asked, key)).rest()).toBe(whole)
      await expectOneCall(asked)
    })

    test('makes a call where the first one made no stream', async () => {
      const key = newKey()
      const well = gate()
      const asked = plan({ refuse: 400, body: { error: { message: 'No.' } }, unless: well }, ...EVENTS)
      expect((await caller.post(asked, key)).status).toBe(400)
      await caller.open(well)
      expectWhole((await caller.read(asked, key)).text, CHUNKS)
    })
  })

  test('another body under the same key is refused', async () => {
    const key = newKey()
    const { id, text } = await caller.read(plan(...EVENTS), key)
    const other = plan(...EVENTS)
    const response = await caller.post(other, key)
    expect(response.status).toBe(422)
    expect(response.headers.get('stream-id')).toBeNull()
    expect(await errorOf(response)).toMatchObject({
      type: 'invalid_request_error',
      code: 'idempotency_key_reused',
    })
    expect((await caller.callsOf(other)).made).toBe(0)
    expect(await caller.replay(id), 'the stream stays what it is').toBe(text)
  })

  test.each(['!', '~'.repeat(255), '"', '../\\%00'].map((text) => [shown(text), text]))(
    '%s may be a key',
    async (_, text) => {
      const asked = plan(...EVENTS)
      // Unique to this run, within what a key may be.
      const key = { 'idempotency-key': `${text}${crypto.randomUUID()}`.slice(-255) }
      const { id } = await caller.read(asked, key)
      expect((await again(asked, key)).id).toBe(id)
    },
  )

  const none = ['', 'x'.repeat(256), 'a b', 'clé']
  test.each(none.map((text) => [shown(text), text]))('%s is no key', async (_, key) => {
    const asked = plan(...EVENTS)
    const response = await caller.post(asked, { 'idempotency-key': key })
    expect(response.status).toBe(400)
    expect(response.headers.get('stream-id')).toBeNull()
    expect(await errorOf(response)).toMatchObject({
      type: 'invalid_request_error',
      param: expect.stringMatching(/^idempotency-key$/i),
      code: 'invalid_idempotency_key',
    })
    expect((await caller.callsOf(asked)).made).toBe(0)
  })
}
