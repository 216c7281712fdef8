/** A key's durable answers on the wire: all of them are found by their ids, by their own key alone. */
import { expect, test } from 'vitest'
import { readStreamId } from '../../worker/streams/stream-id.ts'
import { expectWhole } from '../protocol/expected.ts'
import { Following } from '../protocol/following.ts'
import { keys, openStream, type Sent } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { named, numbered as numberedEvents, TEXT_ANSWER } from '../support/responses.ts'
import { hang, inOrder } from '../support/script.ts'
import { answer, begun, events } from '../support/scripts.ts'
import { settledUsage } from '../support/settled-usage.ts'
import { answerEvents, numbered, role } from '../support/sse.ts'

const { ACCESS_KEYS, callers } = keys(4)
const house = useHouse({ ACCESS_KEYS, OPEN_ACCESS: 'false', KEY_DAILY_TOKENS: '9000000' })
const STREAMS = 40
const WORDS = numbered(6)

const as = (who: number): Sent => callers[who] ?? {}
const at = (who: number, path: string, method = 'GET', headers: Sent = {}) =>
  fetch(`${house.url}${path}`, { method, headers: { ...as(who), ...headers } })
const open = async (who: number, headers: Sent = {}) =>
  new Following(await openStream(house.url, {}, { headers: { ...as(who), ...headers } }))
const shardsOf = (ids: readonly string[]) => new Set(ids.map((id) => readStreamId(id)?.shard))

test('many streams of one key: each is read, resumed and, with a repeated question, found', async () => {
  house.upstream.when(() => answer(WORDS))
  const all = await Promise.all(
    Array.from({ length: STREAMS }, async (_, i) => {
      const key = { 'idempotency-key': `question-${i}` }
      const stream = await open(0, key)
      return { id: stream.id, key, text: await stream.rest() }
    }),
  )
  expect(shardsOf(all.map(({ id }) => id)).size).toBeGreaterThan(4)
  for (const { id, key, text } of all) {
    expectWhole(text, answerEvents(WORDS).slice(0, -1))
    const resumed = new Following(await at(0, `/v1/streams/${id}`, 'GET', { 'last-event-id': '3' }))
    expect(await resumed.rest()).toBe(text.slice(text.indexOf('id: 4\n')))
    const again = await open(0, key)
    expect([again.id, await again.rest()]).toEqual([id, text])
  }
  expect(house.upstream.calls).toHaveLength(STREAMS)
  // Each ticket was settled once.
  const charged = () =>
    house.logs.flatMap(({ charged_tokens: tokens }) => (tokens === undefined ? [] : Number(tokens)))
  await expect.poll(charged).toHaveLength(STREAMS)
  const used = charged().reduce((sum, tokens) => sum + tokens)
  expect((await settledUsage(house.url, as(0))).tokens.used).toBe(used)
})

test('a stream that runs is stopped by its id, and nobody else’s key can read or stop it', async () => {
  house.upstream.when(() => inOrder(begun([role()]), hang))
  const streams = await Promise.all(Array.from({ length: 6 }, async () => (await open(1)).take(1)))
  const never = await (await at(2, `/v1/streams/str_${'0'.repeat(22)}`)).text()
  for (const { id } of streams) {
    for (const method of ['GET', 'DELETE']) {
      const response = await at(2, `/v1/streams/${id}`, method)
      expect([response.status, await response.text()]).toEqual([404, never])
    }
  }
  for (const stream of streams) {
    expect((await at(1, `/v1/streams/${stream.id}`, 'DELETE')).status).toBe(204)
    expectWhole(await stream.rest(), [role()], 'stopped')
  }
  await settledUsage(house.url, as(1))
})

test('a conversation of kept responses goes on over shards', async () => {
  house.upstream.when(() => events(numberedEvents(TEXT_ANSWER).map(named)))
  const ask = async (fields: object) => {
    const response = await fetch(`${house.url}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({ model: 'gpt-test', background: true, stream: true, ...fields }),
      headers: { ...as(3), 'content-type': 'application/json' },
    })
    expect(response.status, response.status === 200 ? '' : await response.clone().text()).toBe(200)
    await response.text()
    return response.headers.get('stream-id') ?? ''
  }
  const ids = [await ask({ input: 'Question 0.' })]
  while (ids.length < 6)
    ids.push(await ask({ input: `Question ${ids.length}.`, previous_response_id: ids.at(-1) }))
  expect(shardsOf(ids).size).toBeGreaterThan(1)
  const { input } = (house.upstream.calls.at(-1)?.request ?? {}) as { input: { role: string }[] }
  expect(input.map(({ role }) => role)).toEqual([...Array(5).fill(['user', 'assistant']).flat(), 'user'])
  for (const id of ids) {
    const response = await at(3, `/v1/responses/${id}`)
    expect(await response.json()).toMatchObject({ id, status: 'completed' })
    expect((await at(2, `/v1/responses/${id}`)).status).toBe(404)
  }
  expect((await at(3, `/v1/responses/${ids[2]}`, 'DELETE')).status).toBe(200)
  expect((await at(3, `/v1/responses/${ids[2]}`)).status).toBe(404)
})
