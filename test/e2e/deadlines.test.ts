/** Silence has a deadline: for the head, the first byte, between chunks, and for the whole. */
import { afterEach, expect, test } from 'vitest'
import { askStream, lastError, receive, refusal } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { end, hang, inOrder, type Script, send, wait } from '../support/script.ts'
import { answer, begun, streamHead } from '../support/scripts.ts'
import { answerEvents, delta, numbered, role } from '../support/sse.ts'

/**
 * Far apart, also on a busy machine: that each comes in time is shown by its code, because the deadline of
 * the whole answer would be next. (The Worker looks at a relayed stream once a second: limits.ts.)
 */
const CONNECT_MS = 1000
const FIRST_BYTE_MS = 1200
const SILENCE_MS = 2000
const TOTAL_MS = 8000

const house = useHouse({
  CONNECT_TIMEOUT_MS: String(CONNECT_MS),
  FIRST_BYTE_TIMEOUT_MS: String(FIRST_BYTE_MS),
  SILENCE_TIMEOUT_MS: String(SILENCE_MS),
  TOTAL_TIMEOUT_MS: String(TOTAL_MS),
})

/** So long that what comes after half of it is in time on a busy machine, too. */
const LONG_MS = 4000
const patient = useHouse({
  CONNECT_TIMEOUT_MS: String(LONG_MS),
  FIRST_BYTE_TIMEOUT_MS: String(LONG_MS),
  SILENCE_TIMEOUT_MS: String(LONG_MS),
})

/** Queues a script for the first attempt and each retry. */
const always = (script: Script) => house.upstream.next(script, script, script)

afterEach(async () => {
  await house.upstream.clear()
  expect(await (await askStream(house.url)).text(), 'the next call is answered').toContain('[DONE]')
})

const answerBody = inOrder(send(...answerEvents(['slow'])), end)

test('no head: 504, and the upstream is left', async () => {
  always(hang)
  const asked = performance.now()
  const response = await askStream(house.url)
  expect(response.status).toBe(504)
  expect(await refusal(response)).toMatchObject({ code: 'upstream_connect_timeout' })
  expect(performance.now() - asked).toBeGreaterThanOrEqual(CONNECT_MS - 20)
  expect(house.upstream.calls, 'tried once: the upstream may well be at work').toHaveLength(1)
  await house.upstream.until(({ open }) => open === 0)
})

test('a head and no byte: 504, and the upstream is left', async () => {
  always(inOrder(streamHead(), hang))
  const response = await askStream(house.url)
  expect(response.status).toBe(504)
  expect(await refusal(response)).toMatchObject({ code: 'upstream_first_byte_timeout' })
  expect(house.upstream.calls).toHaveLength(1)
  await house.upstream.until(({ open }) => open === 0)
})

test('a slow head, then a slow byte, both in time: an answer', async () => {
  patient.upstream.next(inOrder(wait(LONG_MS * 0.55), streamHead(), wait(LONG_MS * 0.55), answerBody))
  expect(await (await askStream(patient.url)).text()).toContain('[DONE]')
})

test('silence inside an event: an error that says so, and the upstream is left', async () => {
  const parts = [role(), delta('half').slice(0, -12)]
  house.upstream.next(inOrder(begun(parts), hang))
  const asked = performance.now()
  const { text, error } = await receive(await askStream(house.url))
  expect(error).toBeUndefined()
  expect(text.startsWith(parts.join(''))).toBe(true)
  expect(lastError(text)).toMatchObject({ code: 'upstream_silence_timeout', type: 'server_error' })
  expect(performance.now() - asked).toBeGreaterThanOrEqual(SILENCE_MS - 20)
  await house.upstream.until(({ open }) => open === 0)
})

test('silence after a megabyte is seen as soon', async () => {
  const much = numbered(16).map((token) => delta(token + 'x'.repeat(65536)))
  house.upstream.next(inOrder(begun(much), hang))
  const { text } = await receive(await askStream(house.url))
  expect(text.startsWith(much.join(''))).toBe(true)
  expect(lastError(text.slice(much.join('').length))).toMatchObject({ code: 'upstream_silence_timeout' })
})

test('pauses shorter than that are none', async () => {
  patient.upstream.next(answer(['a', 'b'], LONG_MS / 3))
  expect(await (await askStream(patient.url)).text()).toBe(answerEvents(['a', 'b']).join(''))
})

test('an answer without end is ended', async () => {
  house.upstream.next(answer(numbered(1000), 50))
  const asked = performance.now()
  const { text } = await receive(await askStream(house.url))
  expect(lastError(text)).toMatchObject({ code: 'upstream_total_timeout' })
  expect(performance.now() - asked).toBeGreaterThanOrEqual(TOTAL_MS - 20)
  await house.upstream.until(({ open }) => open === 0)
})
