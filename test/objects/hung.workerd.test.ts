/** A caller's object that hangs: the call is refused in time, and what the object does late is undone. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { app } from '../../worker/app.ts'
import { OBJECT_REPLY_MS } from '../../worker/limits.ts'
import { Caller } from '../../worker/objects/caller-object.ts'

const KEY = 'mr_q7wXs0mZ2kLr9tYb4nVd'
const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(KEY))).toHex()
const VARS = { OPENAI_API_KEY: 'sk-1', KEY_DAILY_TOKENS: '100000' }
const LIMITS = { tokensPerDay: 100_000, concurrency: undefined, sliced: false }

const upstream = vi.spyOn(globalThis, 'fetch')
beforeEach(() => {
  upstream.mockReset()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => void vi.useRealTimers())

function ask(name: string, path: string, method: 'GET' | 'POST') {
  const context = createExecutionContext()
  const body = method === 'POST' ? JSON.stringify({ messages: [{ role: 'user', content: 'hi' }] }) : null
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const request = new Request(`http://localhost${path}`, { method, body, headers })
  return {
    answer: app.fetch(request, { ...VARS, ACCESS_KEYS: `${name}:${hash}` }, context),
    over: () => waitOnExecutionContext(context),
  }
}

/** The object takes its time over this method, until `wake`. */
function hang(method: 'reserve' | 'open' | 'warm' | 'usage') {
  const prototype = Caller.prototype as unknown as Record<string, (...given: unknown[]) => unknown>
  const real = prototype[method]
  const state = { awake: false, done: false }
  vi.spyOn(prototype, method).mockImplementationOnce(async function (this: unknown, ...given) {
    // A promise of the test's would belong to another request, which an object can't wait for.
    while (!state.awake) await scheduler.wait(5)
    const answer = await real?.apply(this, given)
    state.done = true
    return answer
  })
  return state
}

test.each([
  ['POST', '/v1/chat/completions', 'reserve'],
  ['POST', '/chat', 'reserve'],
  ['POST', '/v1/streams', 'open'],
  ['GET', '/v1/streams', 'warm'],
  ['GET', '/v1/usage', 'usage'],
] as const)('%s %s: 503 while %s hangs, and nothing stays taken', async (verb, path, method) => {
  // Each has an object of its own.
  const name = crypto.randomUUID()
  const object = exports.Caller.getByName(`key:${name}`)
  const hung = hang(method)
  const { answer, over } = ask(name, path, verb)
  let response: Response | undefined
  void Promise.resolve(answer).then((it) => {
    response = it
  })
  await expect
    .poll(async () => {
      await vi.advanceTimersByTimeAsync(OBJECT_REPLY_MS)
      return response?.status
    })
    .toBe(503)
  expect(response?.headers.get('x-should-retry')).toBe('true')
  expect(await response?.text()).toContain('object_unavailable')
  expect(hung.done).toBe(false)
  // The object's timers from here on: a faked one would run in the test, which may not touch the object's
  // storage.
  vi.useRealTimers()
  hung.awake = true
  await expect.poll(() => hung.done).toBe(true)
  await over()
  // A stream may be in another object of the caller, which settles by a message.
  await expect
    .poll(async () => (await object.usage(LIMITS)).answer)
    .toMatchObject({ reserved: 0, running: 0 })
  const { answer: state } = await object.usage(LIMITS)
  // A stream that is opened late is stopped, and what it made by then is charged.
  if (method !== 'open') expect([state?.used, upstream.mock.calls.length]).toEqual([0, 0])
})
