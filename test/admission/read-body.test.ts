import { afterEach, describe, expect, test, vi } from 'vitest'
import { readText } from '../../worker/admission/read-body.ts'
import { ApiError } from '../../worker/errors.ts'
import { BODY_BYTES_PER_SECOND, BODY_MS, MAX_BODY_MS } from '../../worker/limits.ts'

afterEach(() => void vi.useRealTimers())

/** A request whose body counts what is read of it. */
function request(parts: string[], { told, ends = true }: { told?: number | string; ends?: boolean } = {}) {
  const left = parts.map((part) => new TextEncoder().encode(part))
  const read = { parts: 0 }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = left.shift()
        if (next !== undefined) {
          read.parts++
          controller.enqueue(next)
        } else if (ends) controller.close()
        else return new Promise(() => {})
      },
    },
    { highWaterMark: 0 },
  )
  const headers = told === undefined ? {} : { 'content-length': String(told) }
  const init = { method: 'POST', body, headers, duplex: 'half' }
  return { request: new Request('http://localhost/', init as RequestInit), read }
}

/** Room for so many bytes. */
function room(most: number) {
  let held = 0
  const take = (bytes: number) => {
    if (held + bytes > most) return false
    held += bytes
    return true
  }
  return { take, free: () => {}, held: () => held }
}

const codeOf = (read: string | ApiError) => (read instanceof ApiError ? read.code : read)

describe('the size', () => {
  test.each<[string, string[], { told?: number | string }, string]>([
    ['fits', ['12345', '67890'], { told: 10 }, '1234567890'],
    ['fits, and is not told', ['12345', '67890'], {}, '1234567890'],
    ['is told to be one byte more', ['12345', '678901'], { told: 11 }, 'body_too_large'],
    ['is one byte more, and not told', ['12345', '678901'], {}, 'body_too_large'],
    ['is told as nonsense', ['12345', '678901'], { told: '1e1' }, 'body_too_large'],
    ['is counted in bytes', ['ééééé', 'é'], {}, 'body_too_large'],
  ])('that %s', async (_, parts, how, expected) => {
    expect(codeOf(await readText(request(parts, how).request, 10))).toBe(expected)
  })

  test('that is told to be too much: nothing is read', async () => {
    const { request: large, read } = request(['12345', '678901'], { told: 11 })
    expect(await readText(large, 10, room(100))).toMatchObject({ status: 413, code: 'body_too_large' })
    expect(read.parts).toBe(0)
  })
})

describe('what is held', () => {
  test('is taken as the length says, before the body is read', async () => {
    const { request: large, read } = request(['12345', '67890'], { told: 10 })
    const error = await readText(large, 10, room(9))
    expect(error).toMatchObject({ status: 503, code: 'server_busy' })
    expect((error as ApiError).headers).toMatchObject({ 'retry-after': '1', 'x-should-retry': 'true' })
    expect(read.parts).toBe(0)
  })

  test('is taken as it comes where no length is told', async () => {
    const small = room(9)
    expect(codeOf(await readText(request(['12345', '67890', '1']).request, 20, small))).toBe('server_busy')
    expect(small.held()).toBe(5)
    const large = room(11)
    expect(await readText(request(['12345', '67890', '1']).request, 20, large)).toBe('12345678901')
    expect(large.held()).toBe(11)
  })
})

test.each([
  ['told', BODY_BYTES_PER_SECOND * 2, BODY_MS + 2000],
  ['not told', undefined, MAX_BODY_MS],
])('a body whose length is %s and that stops coming is waited for so long', async (_, told, ms) => {
  vi.useFakeTimers()
  const { request: slow } = request(['12345'], { ends: false, ...(told !== undefined && { told }) })
  let result: string | ApiError | undefined
  void readText(slow, 1_000_000).then((it) => {
    result = it
  })
  await vi.advanceTimersByTimeAsync(ms - 1)
  expect(result).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(result).toMatchObject({ status: 408, code: 'body_timeout' })
  expect((result as unknown as ApiError).headers).toMatchObject({ 'x-should-retry': 'true' })
  expect(vi.getTimerCount()).toBe(0)
})
