/** The caller leaves: the upstream knows at once, and spends nothing more. */
import { describe, expect, test } from 'vitest'
import { ask, askStream, chat, QUESTION } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { hang, inOrder, type Script } from '../support/script.ts'
import { answer, begun, failing, streamHead } from '../support/scripts.ts'
import { delta, numbered, role } from '../support/sse.ts'

const house = useHouse()

/** Mostly; a busy machine may take longer now and then. */
const SOON_MS = 1000

type Ask = (signal: AbortSignal) => Promise<Response>

const relayed: Ask = (signal) => askStream(house.url, {}, { signal })
const unstreamed: Ask = (signal) => ask(house.url, QUESTION, { signal })
const plain: Ask = (signal) => chat(house.url, 'Say hello.', { signal })

/** Asks, leaves as soon as `when` resolves, and returns how long the upstream took to see it. */
async function leave(asking: Ask, script: Script, when: 'asked' | 'begun'): Promise<number> {
  const before = house.upstream.calls.length
  house.upstream.next(script)
  const caller = new AbortController()
  const response = asking(caller.signal)
  // It may fail once the caller leaves, and then that is no failure.
  response.catch(() => {})
  const call = await house.upstream.call(before + 1)
  if (when === 'begun') await (await response).body?.getReader().read()
  expect(call.closedAt).toBeUndefined()
  const left = performance.now()
  caller.abort()
  await call.over
  return (call.closedAt ?? Number.NaN) - left
}

const talking = answer(numbered(2000), 10)
const silentAfterTwo = inOrder(begun([role(), delta('half')]), hang)

describe.each<[string, Ask, Script, 'asked' | 'begun']>([
  ['in mid-stream', relayed, talking, 'begun'],
  ['in mid-stream, while the upstream is silent', relayed, silentAfterTwo, 'begun'],
  ['before the first byte', relayed, inOrder(streamHead(), hang), 'asked'],
  ['before the head', relayed, hang, 'asked'],
  ['before an unstreamed answer', unstreamed, hang, 'asked'],
  ['in the middle of plain text', plain, talking, 'begun'],
  ['in the middle of plain text, while the upstream is silent', plain, silentAfterTwo, 'begun'],
  ['before the first byte of plain text', plain, inOrder(streamHead(), hang), 'asked'],
  ['before the head of plain text', plain, hang, 'asked'],
])('%s', (_, asking, script, when) => {
  test('20 times in a row: the upstream sees it at once, and it leaves no connection open', async () => {
    const times: number[] = []
    for (let i = 0; i < 20; i++) times.push(await leave(asking, script, when))
    expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(SOON_MS)
    expect(house.upstream.open).toBe(0)
    // Not one of these could be used again, so not one may be kept.
    await house.upstream.until(({ connections }) => connections === 0)
    expect(house.upstream.calls, 'and none was asked twice').toHaveLength(20)
  })
})

test('50 at once leave no connection open', async () => {
  house.upstream.when(() => talking)
  const caller = new AbortController()
  await Promise.all(
    Array.from({ length: 50 }, async () => (await relayed(caller.signal)).body?.getReader().read()),
  )
  expect(house.upstream.open).toBe(50)
  caller.abort()
  await house.upstream.until(({ open, connections }) => open === 0 && connections === 0)
  expect(house.upstream.calls.filter(({ closedAt }) => closedAt === undefined)).toEqual([])
})

test('a caller that leaves while the Worker waits to try again is not tried for', async () => {
  const caller = new AbortController()
  house.upstream.next(failing(503, {}, { 'retry-after-ms': '2000' }))
  const response = askStream(house.url, {}, { signal: caller.signal })
  const [outcome] = await Promise.all([
    response.catch((error: unknown) => error),
    house.upstream.call(1).then(() => caller.abort()),
  ])
  expect(outcome).toBeInstanceOf(Error)
  // Whoever asks later has their answer, and is the second and last to reach the upstream.
  await new Promise((resolve) => setTimeout(resolve, 2300))
  expect((await askStream(house.url)).status).toBe(200)
  expect(house.upstream.calls).toHaveLength(2)
})

test('one caller that leaves disturbs no other', async () => {
  house.upstream.next(answer(numbered(30), 20))
  const staying = askStream(house.url)
  await house.upstream.call(1)
  const caller = new AbortController()
  house.upstream.next(talking)
  await (await relayed(caller.signal)).body?.getReader().read()
  caller.abort()
  await (await house.upstream.call(2)).over
  expect(await (await staying).text()).toContain('[DONE]')
})
