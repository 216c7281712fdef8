/**
 * An upstream that withholds its headers: of one object's calls five wait for it at a time, and the others
 * wait for their turn. The platform allows six; workerd on one's own machine allows any number.
 */
import { describe, expect, test } from 'vitest'
import { MAX_HEADERLESS_CALLS, MAX_WAITING_OPENINGS } from '../../worker/limits.ts'
import { eventsOf, Following } from '../protocol/following.ts'
import { refusal } from '../support/caller.ts'
import { keys, openStream, type Sent, usageOf } from '../support/gate.ts'
import { type House, useHouse } from '../support/house.ts'
import { isModeration, verdict } from '../support/moderation-server.ts'
import type { Script } from '../support/script.ts'
import { answer } from '../support/scripts.ts'
import { settledUsage } from '../support/settled-usage.ts'
import { numbered } from '../support/sse.ts'

const { ACCESS_KEYS, callers } = keys(3)
/** A key of one object, so that all its calls are of that object. */
const vars = {
  ACCESS_KEYS,
  OPEN_ACCESS: 'false',
  KEY_SHARDS: '1',
  KEY_DAILY_TOKENS: '9000000',
  MAX_OUTPUT_TOKENS: '100',
}
const house = useHouse(vars)
const moderated = useHouse({ ...vars, MODERATION: 'output' })
const WORDS = numbered(5)

/** Withholds its headers until told otherwise. */
function withholding({ upstream }: House, isHeld: (question: string) => boolean = () => true) {
  const held: { question: string; answer(): void }[] = []
  const script: Script = async (reply) => {
    const { messages } = reply.call.request as { messages: { content: string }[] }
    const question = messages.at(-1)?.content ?? ''
    if (isHeld(question)) {
      await new Promise<void>((resolve) => {
        held.push({ question, answer: resolve })
        reply.signal.addEventListener('abort', () => resolve())
      })
    }
    if (!reply.signal.aborted) await answer(WORDS)(reply)
  }
  upstream.when((call) => (isModeration(call) ? verdict(() => false) : script))
  return held
}

const ask = ({ url }: House, headers: Sent | undefined, content: string) =>
  openStream(url, { messages: [{ role: 'user', content }] }, { headers: headers ?? {} })

/** Opens so many streams, one after the other has been counted, so that their order is known. */
async function openMany(where: House, headers: Sent | undefined, names: readonly string[]) {
  const opened: Promise<Response>[] = []
  for (const [index, name] of names.entries()) {
    opened.push(ask(where, headers, name))
    await expect.poll(async () => (await usageOf(where.url, headers ?? {})).calls.running).toBe(index + 1)
  }
  return Promise.all(opened.map(async (response) => new Following(await response)))
}

const stateOf = (text: string) => JSON.parse(eventsOf(text).at(-2)?.data ?? '').millrace.state
const names = (count: number) => Array.from({ length: count }, (_, i) => `question ${i}`)

test('five calls wait for their headers; each of the others is made when another has them, in order', async () => {
  const held = withholding(house)
  const all = names(MAX_HEADERLESS_CALLS + 4)
  const streams = await openMany(house, callers[0], all)
  await house.upstream.until(({ calls }) => calls.length >= MAX_HEADERLESS_CALLS)
  expect(held.map(({ question }) => question)).toEqual(all.slice(0, MAX_HEADERLESS_CALLS))
  expect(house.upstream.calls).toHaveLength(MAX_HEADERLESS_CALLS)

  // One that waits is stopped: it was never asked, and costs nothing.
  const [stopped] = streams.splice(MAX_HEADERLESS_CALLS + 1, 1)
  const path = `${house.url}/v1/streams/${stopped?.id}`
  expect((await fetch(path, { method: 'DELETE', headers: callers[0] ?? {} })).status).toBe(204)
  expect(stateOf((await stopped?.rest()) ?? '')).toBe('stopped')
  const expected = all.toSpliced(MAX_HEADERLESS_CALLS + 1, 1)
  await expect.poll(() => house.logs.find(({ end }) => end === 'stopped')).toBeDefined()
  expect(house.logs.find(({ end }) => end === 'stopped')).not.toHaveProperty('charged_tokens')

  for (let next = MAX_HEADERLESS_CALLS; next < expected.length; next++) {
    held[next - MAX_HEADERLESS_CALLS]?.answer()
    await house.upstream.until(({ calls }) => calls.length > next)
    expect(held.at(-1)?.question).toBe(expected[next])
  }
  for (const { answer } of held) answer()
  let used = 0
  for (const stream of streams) {
    const text = await stream.rest()
    expect(stateOf(text)).toBe('done')
    used += JSON.parse(eventsOf(text).at(-2)?.data ?? '').usage.total_tokens
  }
  expect((await settledUsage(house.url, callers[0] ?? {})).tokens.used).toBe(used)
})

test('so many may wait, and the next one is refused as too many openings', async () => {
  withholding(house)
  const most = MAX_HEADERLESS_CALLS + MAX_WAITING_OPENINGS
  const opened = Array.from({ length: most }, () => ask(house, callers[1], 'Say hello.'))
  await expect.poll(async () => (await usageOf(house.url, callers[1] ?? {})).calls.running).toBe(most)
  const response = await ask(house, callers[1], 'Say hello.')
  expect([response.status, response.headers.get('x-should-retry')]).toEqual([429, 'true'])
  expect(await refusal(response)).toMatchObject({ code: 'too_many_openings', type: 'rate_limit_error' })
  await house.upstream.until(({ calls }) => calls.length >= MAX_HEADERLESS_CALLS)
  expect(house.upstream.calls).toHaveLength(MAX_HEADERLESS_CALLS)
  const streams = await Promise.all(opened.map(async (one) => new Following(await one)))
  await Promise.all(
    streams.map(({ id }) =>
      fetch(`${house.url}/v1/streams/${id}`, { method: 'DELETE', headers: callers[1] ?? {} }),
    ),
  )
  await settledUsage(house.url, callers[1] ?? {})
})

describe('where answers are moderated', () => {
  test('calls that wait hold up no answer that runs: one place is for verdicts', async () => {
    const held = withholding(moderated, (question) => question !== 'Say hello.')
    const streams = await openMany(moderated, callers[2], names(MAX_HEADERLESS_CALLS + 1))
    await expect.poll(() => held).toHaveLength(MAX_HEADERLESS_CALLS - 1)
    held.splice(0, 1)[0]?.answer()
    expect(stateOf((await streams[0]?.rest()) ?? '')).toBe('done')
    await expect.poll(() => held).toHaveLength(MAX_HEADERLESS_CALLS - 1)
  })
})
