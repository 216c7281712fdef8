import { Hono } from 'hono'
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest'
import { log } from '../../worker/http/log.ts'
import { LOGGED_AFTER_LEAVING_MS } from '../../worker/limits.ts'

let written: MockInstance<typeof console.log>
beforeEach(() => {
  vi.useFakeTimers()
  written = vi.spyOn(console, 'log').mockReturnValue()
})
afterEach(() => void vi.useRealTimers())

/** Asks for a path that is answered with this, or never. */
function ask(answer: Promise<Response>) {
  const caller = new AbortController()
  const kept: Promise<unknown>[] = []
  const context = { waitUntil: (work: Promise<unknown>) => void kept.push(work), passThroughOnException() {} }
  const app = new Hono()
  app.use(log())
  app.get('/x', () => answer)
  const request = new Request('http://localhost/x', { signal: caller.signal })
  const response = Promise.resolve(app.fetch(request, {}, context as never))
  const lines = () => written.mock.calls.map(([line]) => JSON.parse(String(line)))
  return { caller, kept, response, lines }
}

test('a request is kept from its start until its line is written', async () => {
  const { promise, resolve } = Promise.withResolvers<Response>()
  const { kept, response, lines } = ask(promise)
  expect(kept).toHaveLength(1)
  resolve(new Response('x'))
  await response
  await Promise.all(kept)
  expect(lines()).toEqual([expect.objectContaining({ route: '/x', status: 200, end: 'done' })])
  expect(vi.getTimerCount()).toBe(0)
})

test('a request whose caller left, and that is never answered, has its line all the same', async () => {
  const { caller, kept, lines } = ask(new Promise(() => {}))
  caller.abort()
  await vi.advanceTimersByTimeAsync(LOGGED_AFTER_LEAVING_MS - 1)
  expect(lines()).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  await Promise.all(kept)
  expect(lines()).toEqual([
    expect.objectContaining({ route: '/x', status: 499, code: 'caller_left', end: 'stopped' }),
  ])
})

test('one that is answered late has one line', async () => {
  const { promise, resolve } = Promise.withResolvers<Response>()
  const { caller, kept, response, lines } = ask(promise)
  caller.abort()
  await vi.advanceTimersByTimeAsync(LOGGED_AFTER_LEAVING_MS - 1)
  resolve(new Response('x'))
  await response
  await vi.advanceTimersByTimeAsync(LOGGED_AFTER_LEAVING_MS)
  await Promise.all(kept)
  expect(lines()).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(0)
})
