import { describe, expect, test, vi } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import { MAX_EVENT_BYTES } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { type Ended, transcribe } from '../../worker/streams/transcribe.ts'
import { splits } from '../support/events.ts'
import {
  answerEvents,
  chunk,
  DONE_EVENT,
  delta,
  errorForms,
  finish,
  role,
  TOOL_ERROR,
} from '../support/sse.ts'

interface Came {
  /** What the log got. */
  data: string[]
  ended: Ended
  /** Whether the upstream's connection was given up. */
  left: boolean
}

interface Coming {
  /** How it ends after the last part: `undefined` not at all, a value with this error. */
  breaks?: { error: unknown }
  open?: boolean
  signal?: AbortSignal
  append?: (data: string) => void
  see?: () => boolean
}

/** Transcribes an answer that comes in these parts, each only when the one before was taken. */
async function come(
  [first = new Uint8Array(), ...parts]: Uint8Array[],
  { breaks, open, signal, append, see }: Coming = {},
): Promise<Came> {
  const data: string[] = []
  let left = false
  const rest = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = parts.shift()
        if (part !== undefined) return controller.enqueue(part)
        if (breaks !== undefined) return controller.error(breaks.error)
        if (!open) controller.close()
      },
      cancel() {
        left = true
      },
    },
    { highWaterMark: 0 },
  )
  const ended = await transcribe({
    first,
    rest,
    signal: signal ?? new AbortController().signal,
    onBytes: () => {},
    see: see ?? (() => true),
    append(one) {
      if (append === undefined) data.push(one)
      else append(one)
      return undefined
    },
  })
  return { data, ended, left }
}

const payloads = (events: readonly string[]) => events.map((event) => event.slice('data: '.length, -2))

const TOKENS = ['Hel', 'lo é€🎉', '']
const ANSWER = answerEvents(TOKENS)
const CHUNKS = payloads(ANSWER).slice(0, -1)

describe('an answer is taken as it came, at every split', () => {
  test.each<[string, string, string[]]>([
    ['as OpenAI writes it', ANSWER.join(''), CHUNKS],
    ['with CRLF', ANSWER.join('').replaceAll('\n', '\r\n'), CHUNKS],
    ['with carriage returns', ANSWER.join('').replaceAll('\n', '\r'), CHUNKS],
    ['with a byte order mark', `\uFEFF${ANSWER.join('')}`, CHUNKS],
    [
      'with comments, names, ids and retries',
      `: PROCESSING\n\n${ANSWER.map((event) => `event: x\nid: 9\nretry: 5\n: c\n${event}`).join(':\n\n')}`,
      CHUNKS,
    ],
    ['without a space after the colon', ANSWER.join('').replaceAll('data: ', 'data:'), CHUNKS],
    ['in several lines of data', `data: {"choices":\ndata: []}\n\n${DONE_EVENT}`, ['{"choices":\n[]}']],
    ['that says nothing', DONE_EVENT, []],
    ['with [DONE] and no blank line', ANSWER.join('').slice(0, -2), CHUNKS],
    ['with [DONE] and half of one', ANSWER.join('').slice(0, -1), CHUNKS],
  ])(
    '%s',
    async (_, text, expected) => {
      for (const parts of splits(toBytes(text))) {
        expect(await come(parts)).toMatchObject({ data: expected, ended: { state: 'done' } })
      }
    },
    20_000,
  )

  test('and what follows [DONE] is not, nor waited for', async () => {
    const text = `${ANSWER.join('')}${delta('more')}`
    expect(await come([toBytes(text)], { open: true })).toEqual({
      data: CHUNKS,
      ended: { state: 'done' },
      left: true,
    })
  })
})

describe('an answer that breaks off is truncated, and no whole event of it is lost', () => {
  const whole = toBytes(ANSWER.join(''))
  const text = new TextDecoder().decode(whole)
  const doneAt = toBytes(text.slice(0, text.indexOf(DONE_EVENT) + 'data: [DONE]'.length)).length

  test.each([
    ['by a clean end', {}],
    ['by a reset', { breaks: { error: new TypeError('reset') } }],
  ])('%s, at each byte', async (how, coming) => {
    for (let at = 1; at < whole.length; at++) {
      const came = whole.slice(0, at)
      const complete = new TextDecoder().decode(came).split('\n\n').length - 1
      const { data, ended } = await come([came], coming)
      expect(data).toEqual(CHUNKS.slice(0, complete))
      const isWhole = how === 'by a clean end' && at >= doneAt
      expect([at, ended.state, ended.error?.code]).toEqual(
        isWhole ? [at, 'done', undefined] : [at, 'truncated', 'upstream_truncated'],
      )
    }
  })

  test('also where it had said nothing', async () => {
    expect((await come([toBytes(': hello\n\n')])).ended).toMatchObject({ state: 'truncated' })
  })
})

describe("the upstream's own error ends it as failed, in its words", () => {
  test.each(Object.entries(errorForms))('%s, at every split', async (_, form) => {
    for (const parts of splits(toBytes(role() + delta('a') + form + delta('never')))) {
      const { data, ended } = await come(parts)
      expect(data).toEqual(payloads([role(), delta('a')]))
      expect(ended.state).toBe('failed')
      expect(ended.error?.envelope().error).toEqual(TOOL_ERROR)
    }
  })

  test('without what they tell of its account or machines', async () => {
    const message = 'Limit of org-Ab12Cd34Ef56 at http://10.0.0.5:8000/v1'
    const { ended } = await come([toBytes(`data: ${JSON.stringify({ error: { message } })}\n\n`)])
    expect(ended.error?.message).toBe('Limit of […] at […]')
  })

  test('a named error that is no JSON', async () => {
    const { ended } = await come([toBytes('event: error\ndata: overloaded\n\n')])
    expect(ended.error?.envelope().error).toMatchObject({ message: 'overloaded', type: 'server_error' })
  })
})

describe('what is no answer ends it as failed', () => {
  test.each(['data: not JSON\n\n', 'data: 7\n\n', 'data: {"object":"chunk"}\n\n', 'data:\n\n'])(
    '%j',
    async (garbage) => {
      const { data, ended, left } = await come([toBytes(role() + garbage + delta('never'))], { open: true })
      expect(data).toEqual(payloads([role()]))
      expect(ended).toMatchObject({ state: 'failed', error: { code: 'upstream_invalid' } })
      expect(left).toBe(true)
    },
  )

  test('an event without end, and what came before it is kept', async () => {
    const part = toBytes('x'.repeat(64 * 1024))
    const parts = [
      toBytes(role()),
      toBytes('data: '),
      ...Array(2 * (MAX_EVENT_BYTES / part.length)).fill(part),
    ]
    const { data, ended, left } = await come(parts, { open: true })
    expect(data).toEqual(payloads([role()]))
    expect(ended.state).not.toBe('done')
    expect(ended.error).toBeInstanceOf(ApiError)
    expect(left).toBe(true)
  })
})

describe('our own side can end it', () => {
  test.each([
    ['caller_left', 'stopped'],
    ['upstream_silence_timeout', 'failed'],
    ['upstream_total_timeout', 'failed'],
    ['internal_error', 'failed'],
  ] as const)('the call is aborted, because of %s', async (code, state) => {
    const call = new AbortController()
    const reason = new ApiError(code)
    call.abort(reason)
    // Whatever the connection says of it.
    for (const error of [reason, new TypeError('Network connection lost.')]) {
      const { data, ended } = await come([toBytes(role())], { signal: call.signal, breaks: { error } })
      expect(data).toEqual(payloads([role()]))
      expect(ended).toEqual(state === 'stopped' ? { state } : { state, error: reason })
    }
  })

  test('the log takes no more', async () => {
    const append = vi.fn(() => {
      throw new ApiError('stream_too_long')
    })
    const { ended, left } = await come([toBytes(role() + delta('a'))], { append, open: true })
    expect(append).toHaveBeenCalledOnce()
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'stream_too_long' } })
    expect(left).toBe(true)
  })

  test('what is not for the readers does not reach the log', async () => {
    const { data, ended } = await come([toBytes(ANSWER.join(''))], { see: () => false })
    expect({ data, ended }).toEqual({ data: [], ended: { state: 'done' } })
  })
})

test('each event is in the log before the next bytes are asked for', async () => {
  const seen: number[] = []
  const data: string[] = []
  let asked = 0
  const rest = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        seen.push(data.length)
        const next = ANSWER[++asked]
        if (next === undefined) controller.close()
        else controller.enqueue(toBytes(next))
      },
    },
    { highWaterMark: 0 },
  )
  const { signal } = new AbortController()
  await transcribe({
    first: toBytes(ANSWER[0] ?? ''),
    rest,
    signal,
    onBytes: () => {},
    see: () => true,
    append: (one) => void data.push(one),
  })
  expect(seen).toEqual([1, 2, 3, 4, 5])
})

test('every chunk of bytes is a sign of life, whatever is in it', async () => {
  const onBytes = vi.fn()
  const parts = [': a\n\n', 'da', 'ta: [DO', 'NE]\n\n'].map(toBytes)
  const rest = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
    },
  })
  const { signal } = new AbortController()
  await transcribe({ first: toBytes(role()), rest, signal, onBytes, see: () => true, append: () => {} })
  expect(onBytes).toHaveBeenCalledTimes(5)
})

test('a chunk that is finished twice is no end', async () => {
  const events = [role(), finish(), finish(), DONE_EVENT]
  expect((await come([toBytes(events.join(''))])).data).toEqual(payloads(events).slice(0, -1))
})

test('a chunk with odd choices is passed on as it is', async () => {
  const odd = JSON.stringify(chunk({}, { choices: [null, { delta: null }, { index: 'x', delta: 7 }] }))
  expect(await come([toBytes(`data: ${odd}\n\n${DONE_EVENT}`)])).toMatchObject({
    data: [odd],
    ended: { state: 'done' },
  })
})
