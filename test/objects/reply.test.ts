import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import { OBJECT_REPLY_MS } from '../../worker/limits.ts'
import { fromReply, type Reply, toReply } from '../../worker/objects/reply.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const restarted = () => {
  throw new Error('restarted')
}

test.each<[string, () => Reply<number>, unknown]>([
  ['an answer', () => ({ answer: 4 }), 4],
  ['a refusal', () => toReply<number>(new ApiError('stream_not_found')), { status: 404 }],
  ['a failure', restarted, { code: 'object_unavailable', status: 503 }],
])('%s is passed on, and leaves no timer', async (_, reply, expected) => {
  const onLate = vi.fn()
  const answer = await fromReply(Promise.resolve().then(reply), onLate)
  if (typeof expected === 'object') expect(answer).toMatchObject(expected as object)
  else expect(answer).toBe(expected)
  expect([onLate.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0])
})

test('an object that hangs is unavailable, and its late answer is still heard', async () => {
  const { promise, resolve } = Promise.withResolvers<Reply<number>>()
  const late: unknown[] = []
  const answer = fromReply(promise, (answered) => void answered.then((it) => late.push(it)))
  await vi.advanceTimersByTimeAsync(OBJECT_REPLY_MS)
  expect(await answer).toMatchObject({ code: 'object_unavailable', status: 503 })
  expect(late).toEqual([])
  resolve({ answer: 4 })
  await vi.advanceTimersByTimeAsync(0)
  expect(late).toEqual([4])
})
