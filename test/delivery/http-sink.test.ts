import { expect, test } from 'vitest'
import { createHttpSink } from '../../worker/delivery/http-sink.ts'
import { ApiError } from '../../worker/errors.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { fakeBody } from '../support/fake-body.ts'

const error = new ApiError('upstream_truncated')

/** Writes this, and ends. */
async function sink(
  written: string[],
  last: Partial<Parameters<ReturnType<typeof createHttpSink>['end']>[0]>,
  passes = true,
) {
  const body = fakeBody()
  const { write, flush, end } = createHttpSink(body, passes)
  for (const one of written) {
    write({ event: undefined, bytes: toBytes(one) })
    void flush()
  }
  await end({ state: 'done', events: [], endBytes: undefined, withdrawn: 0, ...last })
  return body
}

test('written events go out in their own bytes, and closing events after them', async () => {
  const body = await sink([': hi\r\n\r\n', 'data: a\r\n\r\n'], {
    events: [{ data: '{"usage":1}' }, { data: '[DONE]' }],
  })
  expect(body.sent).toBe(': hi\r\n\r\ndata: a\r\n\r\ndata: {"usage":1}\n\ndata: [DONE]\n\n')
  expect(body.end).toBe('closed')
})

test('a caller who may read nothing but the answer gets an empty comment for anything else', async () => {
  const body = await sink([': gpu-17 is busy\n\n'], { events: [{ data: '[DONE]' }] }, false)
  expect(body.sent).toBe(':\ndata: [DONE]\n\n')
})

test('the upstream’s end keeps its bytes, after what is added before it', async () => {
  const endBytes = toBytes('data:[DONE]\r\n\r\n')
  const body = await sink(['data: a\n\n'], {
    events: [{ data: '{"usage":1}' }, { data: '[DONE]' }],
    endBytes,
  })
  expect(body.sent).toBe('data: a\n\ndata: {"usage":1}\n\ndata:[DONE]\r\n\r\n')
})

test('an error after the first byte is an event of its own', async () => {
  const body = await sink(['data: a\n\n'], { state: 'truncated', error, events: [{ data: '{"error":{}}' }] })
  expect(body.sent).toBe('data: a\n\ndata: {"error":{}}\n\n')
  expect(body.end).toBe('closed')
})

test('an error after a large event that was cut off is an event of its own', async () => {
  const written = ['data: {"image":"AAAA', 'AAAA']
  const body = await sink(written, { state: 'truncated', error, events: [{ data: '{"error":{}}' }] })
  expect(body.sent).toBe('data: {"image":"AAAAAAAA\n\ndata: {"error":{}}\n\n')
})

test('an error before the first byte sends nothing, so that it can be a status', async () => {
  const body = await sink([], { state: 'truncated', error, events: [{ data: '{"error":{}}' }] })
  expect(body).toMatchObject({ sent: '', hasBegun: false, end: 'open' })
})

test('an answer with nothing but its end is an answer', async () => {
  expect((await sink([], { events: [{ data: '[DONE]' }] })).sent).toBe('data: [DONE]\n\n')
})
