import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import type { Closing } from '../../../worker/formats/answer-format.ts'
import { createAnswerReader } from '../../../worker/formats/chat-completions/answer-reader.ts'
import { masked } from '../../../worker/formats/chat-completions/masked.ts'
import { TOOL_ERROR } from '../../support/sse.ts'

const HEAD = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const COUNTED = { prompt_tokens: 3, completion_tokens: 11, total_tokens: 14 }
const SENT = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }
const TIMING = { first_byte_ms: 200, first_token_ms: 500, total_ms: 1500, tokens_per_second: 10 }
const CHUNK = { ...HEAD, choices: [{ index: 0, delta: { content: 'a' } }] }
const USAGE_CHUNK = { ...HEAD, choices: [], usage: SENT, service_tier: 'default' }

const ESTIMATED = () => ({ usage: COUNTED, source: 'estimated' as const })
const UPSTREAM = () => ({ usage: SENT, source: 'upstream' as const })

/** Reads these events; then each of the closing events, parsed. */
function readAll(...events: unknown[]) {
  const reader = createAnswerReader('gpt-own')
  const read = events.map((one) => reader.read({ data: typeof one === 'string' ? one : JSON.stringify(one) }))
  const close = (closing: Partial<Closing>) =>
    reader
      .closing({ state: 'done', tell: undefined, usage: ESTIMATED, ...closing })
      .map(({ data }) => (data === '[DONE]' ? data : JSON.parse(data)))
  return { read, close }
}

describe('an event is read', () => {
  const read = (event: unknown) => readAll(event).read[0]

  test('with its texts, the choices that are whole, and its usage', () => {
    const choices = [
      { index: 1, delta: { content: 'a' }, finish_reason: null },
      { delta: { content: 'b' }, finish_reason: 'stop' },
    ]
    expect(read({ ...HEAD, choices, usage: SENT })).toMatchObject({
      kind: 'chunk',
      texts: [
        { choice: 1, text: 'a' },
        { choice: 1, text: 'b' },
      ],
      finished: [1],
      usage: SENT,
      usageAlone: false,
    })
  })

  test.each<[string, unknown, boolean]>([
    ['a chunk of usage', USAGE_CHUNK, true],
    ['usage on an event that is no chunk', { choices: null, usage: SENT }, true],
    ['usage beside a choice', { ...CHUNK, usage: SENT }, false],
    ['a chunk without choices that has no usage', { ...HEAD, choices: [], usage: null }, false],
    ['a ping', { type: 'ping' }, false],
  ])('is usage alone, or not: %s', (_, event, usageAlone) => {
    expect(read(event)?.usageAlone).toBe(usageAlone)
  })

  test('as an error, whose message and chunk have texts too: some upstreams put the answer into them', () => {
    const error = { ...TOOL_ERROR, failed_generation: 'x' }
    expect(read({ error, usage: SENT })).toMatchObject({
      kind: 'error',
      error: TOOL_ERROR,
      usage: SENT,
      texts: expect.arrayContaining([expect.objectContaining({ text: TOOL_ERROR.message })]),
    })
    const event = read({ ...CHUNK, error, usage: SENT })
    expect(event).toMatchObject({ kind: 'error', usage: SENT, chunkOfError: expect.any(String) })
    expect(JSON.parse(event?.chunkOfError ?? '')).toEqual({ ...CHUNK, usage: SENT })
    expect(read({ ...HEAD, choices: [], error })).not.toHaveProperty('chunkOfError')
  })

  test('as the end, as ignored, as invalid', () => {
    expect(readAll('[DONE]', '{"type":"ping"}', '<html>').read).toMatchObject([
      { kind: 'done', texts: [] },
      { kind: 'ignored' },
      { kind: 'invalid', texts: [{ kind: 'other', text: '<html>' }] },
    ])
  })

  test('as one text, where it is nested too deep to be looked into', () => {
    const deep = `{"choices":${'['.repeat(200_000)}"x"${']'.repeat(200_000)}}`
    expect(readAll(deep).read).toMatchObject([{ kind: 'invalid', texts: [{ kind: 'other', text: deep }] }])
    expect(masked(deep)).toMatch(/^█+$/)
  })
})

const OWN = { ...HEAD, choices: [] }
const error = new ApiError('upstream_truncated')
const ERROR = error.envelope()
const separate = { error, separate: true }
const merged = { error, separate: false }

describe('the events that close an answer', () => {
  test.each<[string, Partial<Closing>, unknown[]]>([
    ['nothing to tell, done', { timing: TIMING }, ['[DONE]']],
    ['nothing to tell, stopped', { state: 'stopped' }, ['[DONE]']],
    ['nothing to tell, failed', { state: 'truncated', error: separate }, [ERROR]],
    [
      'usage, done and not sent',
      { tell: 'usage' },
      [{ ...OWN, usage: COUNTED, millrace: { usage_source: 'estimated' } }, '[DONE]'],
    ],
    ['usage, done and sent', { tell: 'usage', usage: UPSTREAM }, ['[DONE]']],
    [
      'usage, stopped',
      { tell: 'usage', state: 'stopped', usage: UPSTREAM },
      [{ ...OWN, usage: SENT, millrace: { state: 'stopped', usage_source: 'upstream' } }, '[DONE]'],
    ],
    ['usage, failed', { tell: 'usage', state: 'failed', error: separate }, [ERROR]],
    [
      'timing, done',
      { tell: 'timing', timing: TIMING },
      [
        { ...OWN, usage: COUNTED, millrace: { state: 'done', usage_source: 'estimated', timing: TIMING } },
        '[DONE]',
      ],
    ],
    ['timing, failed', { tell: 'timing', state: 'failed', error: separate, timing: TIMING }, [ERROR]],
    [
      'a record, done',
      { tell: 'record', usage: UPSTREAM, timing: TIMING },
      [
        { ...OWN, usage: SENT, millrace: { state: 'done', usage_source: 'upstream', timing: TIMING } },
        '[DONE]',
      ],
    ],
    [
      'a record, failed: the error stands in its chunk',
      { tell: 'record', state: 'truncated', error: merged },
      [{ ...OWN, usage: COUNTED, ...ERROR, millrace: { state: 'truncated', usage_source: 'estimated' } }],
    ],
    [
      'at its limit',
      { state: 'budget', cut: { choices: [0, 2], reason: 'length' } },
      [
        { ...HEAD, choices: [{ index: 0, delta: {}, finish_reason: 'length' }] },
        { ...HEAD, choices: [{ index: 2, delta: {}, finish_reason: 'length' }] },
        '[DONE]',
      ],
    ],
    [
      'flagged, with text to take back: that is told unasked',
      { state: 'moderated', cut: { choices: [0], reason: 'content_filter' }, retract: { 0: 5 } },
      [
        { ...HEAD, choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] },
        { ...OWN, millrace: { state: 'moderated', retract: { 0: 5 } } },
        '[DONE]',
      ],
    ],
    [
      'flagged, with usage',
      { state: 'moderated', tell: 'usage', retract: { 0: 5 } },
      [
        {
          ...OWN,
          usage: COUNTED,
          millrace: { state: 'moderated', usage_source: 'estimated', retract: { 0: 5 } },
        },
        '[DONE]',
      ],
    ],
    [
      'failed, with text to take back: before the error',
      { state: 'failed', tell: 'usage', error: separate, retract: { 0: 5 } },
      [{ ...OWN, millrace: { state: 'failed', retract: { 0: 5 } } }, ERROR],
    ],
  ])('are written: %s', (_, closing, events) => {
    expect(readAll(CHUNK).close(closing)).toEqual(events)
  })

  test("the upstream's chunk of usage is used again, with what else it has", () => {
    const { close } = readAll(CHUNK, USAGE_CHUNK, { ...HEAD, choices: [], moderation: {} })
    const [last] = close({ tell: 'timing', usage: UPSTREAM })
    expect(last).toEqual({ ...USAGE_CHUNK, millrace: { state: 'done', usage_source: 'upstream' } })
  })

  test('a value of the upstream’s in our fields is replaced', () => {
    const { close } = readAll({ ...USAGE_CHUNK, millrace: { state: 'done' }, error: null })
    const [last] = close({ tell: 'record', state: 'truncated', error: merged, usage: UPSTREAM })
    expect(last).toMatchObject({ millrace: { state: 'truncated' }, error: { code: 'upstream_truncated' } })
  })

  test('closing events have a head of our own if no chunk came', () => {
    const [last] = readAll('{"type":"ping"}').close({ tell: 'record', state: 'failed', error: merged })
    expect(last).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: 'gpt-own',
      choices: [],
    })
    expect(last.millrace).not.toHaveProperty('timing')
  })
})
