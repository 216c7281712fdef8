import { describe, expect, test } from 'vitest'
import type { AnswerFormat } from '../../worker/formats/answer-format.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { responsesAnswers } from '../../worker/formats/responses/answers.ts'
import { MAX_CHECKED_BYTES, MAX_HELD_BYTES } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { readToContent, readToFirstEvent } from '../../worker/upstreams/first-content.ts'
import {
  begin,
  callEvents,
  complete,
  messageEvents,
  reasoningEvents,
  refusalEvents,
  wireOf,
} from '../support/responses.ts'
import { chunk, DONE_EVENT, delta, event, finish, role } from '../support/sse.ts'

/** What came of an answer in these pieces, and how many of them were read. */
async function held(format: AnswerFormat, pieces: readonly Uint8Array[]) {
  const [first = new Uint8Array(), ...rest] = pieces
  let read = 1
  const beginning = await readToContent(format, first, async () => {
    const next = rest.shift()
    if (next !== undefined) read++
    return next
  })
  return { beginning, read }
}

const DECODER = new TextDecoder()
/** How it begins: with which bytes, or what in place of them; the same at every cut. */
async function beginningOf(format: AnswerFormat, text: string): Promise<unknown> {
  const bytes = toBytes(text)
  const { beginning } = await held(format, [bytes])
  const short = bytes.length < 700
  for (let at = 1; at < bytes.length; at += short ? 1 : 97) {
    const { beginning: cut } = await held(format, [bytes.subarray(0, at), bytes.subarray(at)])
    const kind = (it: typeof cut) => (typeof it === 'object' && 'bytes' in it ? 'begun' : it)
    expect(kind(cut), `cut at ${at}`).toEqual(kind(beginning))
  }
  return typeof beginning === 'object' && 'bytes' in beginning ? DECODER.decode(beginning.bytes) : beginning
}

const failing = (error: object) => ({ error: expect.objectContaining(error) })

describe('a chat begins', () => {
  const one = (fields: object) => event(chunk(fields as Record<string, unknown>))
  test.each([
    ['with its first word', role() + delta('Hello')],
    ['with reasoning', role() + one({ reasoning_content: 'Hm.' })],
    ['with a refusal', role() + one({ refusal: 'No.' })],
    ['with a tool', role() + one({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] })],
    ['with its end, if it has no word: all its tokens were thought', role() + finish('length')],
    ['with what its own filter ended', role() + finish('content_filter')],
    ['after pings and comments', `: ping\n\n${role()}event: ping\ndata: {}\n\n${delta('Hello')}`],
  ])('%s', async (_, text) => {
    expect(await beginningOf(chatCompletions, text)).toBe(text)
  })

  test.each<[string, string, unknown]>([
    ['nothing', '', 'ended'],
    ['a role alone', role(), 'ended'],
    ['a role and [DONE]', role() + DONE_EVENT, 'ended'],
    ['what is not JSON', 'data: {"choi\n\n', 'invalid'],
    ['an error', event({ error: { message: 'Busy.', code: 'overloaded' } }), failing({ code: 'overloaded' })],
    ['a named error', `${role()}event: error\ndata: {"message":"Busy."}\n\n`, failing({ message: 'Busy.' })],
    [
      'an error in a chunk that calls itself the last',
      role() +
        event({
          ...chunk({}),
          choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
          error: { message: 'Busy.', code: 502 },
        }),
      failing({ message: 'Busy.' }),
    ],
  ])('not with %s', async (_, text, beginning) => {
    expect(await beginningOf(chatCompletions, text)).toEqual(beginning)
  })
})

describe('a response begins', () => {
  const before = wireOf(begin())
  test.each([
    ['with its first word', [...begin(), ...messageEvents(['Hello'])]],
    ['with reasoning', [...begin(), ...reasoningEvents(['Hm.'])]],
    ['with a refusal', [...begin(), ...refusalEvents(['No.'])]],
    ['with a call', [...begin(), ...callEvents(['{}'])]],
    ['with its end, if it has no word', complete(begin(), { status: 'incomplete' })],
  ])('%s', async (_, events) => {
    expect(await beginningOf(responsesAnswers, wireOf(events))).toBe(wireOf(events))
  })

  test.each<[string, string, unknown]>([
    ['its lifecycle', before, 'ended'],
    [
      'an error',
      `${before}event: error\ndata: {"type":"error","code":"server_error","message":"Busy."}\n\n`,
      failing({ code: 'server_error' }),
    ],
    [
      'a failure',
      wireOf(complete(begin(), { status: 'failed', error: { code: 'server_error', message: 'Busy.' } })),
      failing({ code: 'server_error' }),
    ],
    ['what is not JSON', `${before}data: {"typ\n\n`, 'invalid'],
  ])('not with %s', async (_, text, beginning) => {
    expect(await beginningOf(responsesAnswers, text)).toEqual(beginning)
  })
})

test('nothing is read beyond the first content', async () => {
  const pieces = [role(), delta('Hello'), delta(' world')].map(toBytes)
  expect(await held(chatCompletions, pieces)).toMatchObject({ read: 2 })
})

test('more than can be held is a beginning', async () => {
  const ping = toBytes(`: ${'x'.repeat(60_000)}\n\n`)
  const { beginning, read } = await held(chatCompletions, Array(20).fill(ping))
  expect(beginning).toMatchObject({ bytes: expect.any(Uint8Array) })
  expect(read).toBe(Math.ceil(MAX_HELD_BYTES / ping.length))
})

describe('an answer that no other upstream may give is read to the end of its first event', () => {
  const EVENT = event({ id: 1 })
  const LONG = 'x'.repeat(MAX_CHECKED_BYTES)

  test.each<[string, string[], number]>([
    ['an event', [EVENT, EVENT], 1],
    ['an event and more', [`${EVENT}data: {`, EVENT], 1],
    ['an event in pieces', ['d', 'ata: {"id"', ':1}\n', '\n', EVENT], 4],
    ['an event with a name', ['event: response.created\n', 'data: {}\n\n', EVENT], 2],
    ['an event in CRLF', ['data: {}\r\n', '\r\n', EVENT], 2],
    ['a comment', [': hi\n\n', EVENT], 1],
    ['a comment in pieces', [': h', 'i\n\n', EVENT], 1],
    ['a comment, and the beginning of an event', [': hi\n\nda', 'ta: {}\n\n', EVENT], 2],
    ['an event that breaks off', ['data: {', '"id"'], 2],
    ['a long event', ['data: ', LONG, LONG], 2],
  ])('%s', async (_, pieces, reads) => {
    const [first = '', ...rest] = pieces
    const came = await readToFirstEvent(toBytes(first), async () => {
      const next = rest.shift()
      return next === undefined ? undefined : toBytes(next)
    })
    expect(DECODER.decode(came)).toBe(pieces.slice(0, reads).join(''))
  })
})
