import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import type { Closing, ReaderOptions, TextPiece } from '../../../worker/formats/answer-format.ts'
import { createAnswerReader } from '../../../worker/formats/responses/answer-reader.ts'
import {
  begin,
  callEvents,
  complete,
  LONG_ANSWER,
  type Members,
  messageEvents,
  numbered,
  RESPONSE_ID,
  reasoningEvents,
  refusalEvents,
  responseOf,
  TEXT_ANSWER,
  USAGE_OF_RESPONSE,
} from '../../support/responses.ts'

const COUNTED = { prompt_tokens: 3, completion_tokens: 11, total_tokens: 14 }
const TIMING = { first_byte_ms: 200, first_token_ms: 500, total_ms: 1500, tokens_per_second: 10 }
const usage = () => ({ usage: COUNTED, source: 'estimated' as const })

const sse = (value: unknown, event?: string) => ({
  data: typeof value === 'string' ? value : JSON.stringify(value),
  ...(event !== undefined && { event }),
})

/**
 * Reads these events and shows them; then each of the closing events, parsed.
 *
 * @param back how many of the last events readers take back
 */
function readAll(events: readonly Members[], options?: ReaderOptions, back = 0) {
  const reader = createAnswerReader('gpt-own', options)
  const read = numbered(events).map((one, index) => {
    const event = reader.read(sse(one))
    if (index < events.length - back) reader.shown?.(event)
    else reader.withdrawn?.(event)
    return event
  })
  const close = (closing: Partial<Closing>): Members[] =>
    reader
      .closing({ state: 'done', tell: undefined, usage, ...closing })
      .map(({ data, event }) => ({ event, ...(JSON.parse(data) as Members) }))
  return { read, close, reader }
}

/** The same, moderated: what each event shows, and the pieces that are judged. */
function judgeAll(events: readonly Members[]) {
  const reader = createAnswerReader('gpt-own')
  const pieces: TextPiece[] = []
  const shown = numbered(events).flatMap((one) => {
    const event = reader.read(sse(one))
    if (event.kind === 'error') return []
    const judged = reader.judged(event)
    pieces.push(...judged.texts)
    if (event.kind === 'chunk') reader.shown?.(judged)
    return [JSON.parse(judged.data) as Members]
  })
  const close = (closing: Partial<Closing>): Members[] =>
    reader
      .closing({ state: 'done', tell: undefined, usage, ...closing })
      .map(({ data }) => JSON.parse(data) as Members)
  return { shown, pieces, close }
}

const newText = (read: readonly { texts: readonly TextPiece[] }[], kind: TextPiece['kind']) =>
  read
    .flatMap(({ texts }) => texts)
    .filter((piece) => piece.kind === kind && !piece.repeats)
    .map(({ text }) => text)
    .join('')

describe('an event is', () => {
  const kindOf = (value: unknown, event?: string) => createAnswerReader('m').read(sse(value, event)).kind
  const ends = (type: string, status: string | undefined) => ({
    type: `response.${type}`,
    response: { ...responseOf(), status, error: { code: 'x', message: 'y' } },
  })

  test.each<[string, unknown, string | undefined, string]>([
    ['a beginning', { type: 'response.created', response: responseOf() }, undefined, 'chunk'],
    ['a queued response', ends('queued', 'queued'), undefined, 'chunk'],
    ['a delta', { type: 'response.output_text.delta', delta: 'a' }, undefined, 'chunk'],
    ['an event of a later version', { type: 'response.telepathy.delta', delta: 'a' }, undefined, 'chunk'],
    ['an end', ends('completed', 'completed'), undefined, 'done'],
    ['an end without a status', ends('completed', undefined), undefined, 'done'],
    ['an incomplete end', ends('incomplete', 'incomplete'), undefined, 'done'],
    ['an incomplete end by another name', ends('completed', 'incomplete'), undefined, 'done'],
    ['a cancelled answer', ends('cancelled', 'cancelled'), undefined, 'done'],
    ['a failure', ends('failed', 'failed'), undefined, 'error'],
    ['a failure by another name', ends('completed', 'failed'), undefined, 'error'],
    ['what goes on, though it is called an end', ends('completed', 'in_progress'), undefined, 'chunk'],
    ['an error, nested', { type: 'error', error: { message: 'x' } }, 'error', 'error'],
    ['an error, flat', { type: 'error', code: 'x', message: 'y', param: null }, undefined, 'error'],
    ['an error by its name alone', { message: 'x' }, 'error', 'error'],
    ['an error without a type', { error: { message: 'x' } }, undefined, 'error'],
    ['an error that is no JSON', 'overloaded', 'error', 'error'],
    ['an end of Chat Completions, which is no end here', '[DONE]', undefined, 'error'],
    ['a keepalive', { type: 'keepalive', sequence_number: 3 }, 'keepalive', 'ignored'],
    ['an unknown event', { type: 'ping' }, undefined, 'ignored'],
    ['a value that is no object', 'null', undefined, 'ignored'],
    ['a ping that is no JSON', 'hi', 'ping', 'ignored'],
    ['a broken event', '{"type":', 'response.output_text.delta', 'invalid'],
    ['a broken event without a name', '{"type":', undefined, 'invalid'],
  ])('%s', (_, value, event, kind) => {
    expect(kindOf(value, event)).toBe(kind)
  })

  test.each<[string, Members, object]>([
    [
      'nested',
      {
        type: 'error',
        error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'm', param: null },
      },
      { type: 'insufficient_quota', code: 'insufficient_quota', message: 'm', param: null },
    ],
    [
      'flat',
      { type: 'error', code: 'rate_limit_exceeded', message: 'm', param: 'p' },
      { type: 'server_error', code: 'rate_limit_exceeded', message: 'm', param: 'p' },
    ],
    [
      'of a failed response',
      {
        type: 'response.failed',
        response: responseOf({ status: 'failed', error: { code: 'c', message: 'm' } }),
      },
      { type: 'server_error', code: 'c', message: 'm', param: null },
    ],
  ])('an error with what it says: %s', (_, value, error) => {
    expect(createAnswerReader('m').read(sse(value)).error).toEqual(error)
  })
})

describe('texts', () => {
  test.each<[string, readonly Members[], TextPiece['kind'], string]>([
    ['content', messageEvents(['Hel', 'lo']), 'content', 'Hello'],
    ['a refusal', refusalEvents(['I ', 'can’t']), 'refusal', 'I can’t'],
    ['a summary of reasoning', reasoningEvents(['hm', 'm']), 'reasoning', 'hmm'],
    ['arguments', callEvents(['{"a"', ':1}']), 'tool', '{"a":1}'],
    [
      'a transcript',
      [{ type: 'response.audio.transcript.delta', delta: 'Hi' }, { type: 'response.audio.transcript.done' }],
      'transcript',
      'Hi',
    ],
    [
      'the input of a custom tool',
      [
        { type: 'response.custom_tool_call_input.delta', output_index: 0, item_id: 'ct_1', delta: 'SELECT ' },
        { type: 'response.custom_tool_call_input.delta', output_index: 0, item_id: 'ct_1', delta: '1' },
        { type: 'response.custom_tool_call_input.done', output_index: 0, item_id: 'ct_1', input: 'SELECT 1' },
        {
          type: 'response.output_item.done',
          output_index: 0,
          item: { type: 'custom_tool_call', input: 'SELECT 1' },
        },
      ],
      'tool',
      'SELECT 1',
    ],
    [
      'commands',
      [0, 1].flatMap((command_index) => [
        { type: 'response.shell_call_command.delta', output_index: 0, command_index, delta: 'ls' },
        { type: 'response.shell_call_command.done', output_index: 0, command_index, command: 'ls' },
      ]),
      'tool',
      'lsls',
    ],
  ])('%s: counted once, however often it comes', (_, events, kind, text) => {
    const { read } = readAll(complete([...begin(), ...events]))
    expect(newText(read, kind)).toBe(text)
    expect(newText(read, 'other')).toBe('')
  })

  test('what no delta said is counted where it comes first', () => {
    const events = messageEvents(['Hello']).filter(({ type }) => !String(type).endsWith('.delta'))
    expect(newText(readAll(complete([...begin(), ...events])).read, 'content')).toBe('Hello')
  })

  test('what the end says otherwise than the deltas is judged, and is no further text of the answer', () => {
    const events = [...begin(), ...messageEvents(['Hello'])]
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'Goodbye' }] }]
    const { read } = readAll(complete(events, { output }))
    expect(newText(read, 'content')).toBe('Hello')
    expect(newText(read, 'other')).toBe('Goodbye')
  })

  test('an upstream that gives an item another id at the end repeats it all the same', () => {
    const events = [...begin(), ...messageEvents(['Hello'])]
    const output = [{ id: 'msg_other1', type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }]
    expect(newText(readAll(complete(events, { output })).read, 'other')).toBe('')
  })

  test('the first token is a delta’s', () => {
    const { read } = readAll(LONG_ANSWER)
    const first = read.findIndex(({ texts }) => texts.some(({ kind }) => kind !== 'other'))
    expect(LONG_ANSWER[first]?.type).toBe('response.reasoning_summary_text.delta')
  })
})

describe('usage', () => {
  const usageOf = (members: Members) => readAll(complete(begin(), members)).read.at(-1)?.usage

  test('is the last event’s, under the names of this project', () => {
    expect(usageOf({ tool_usage: { web_search: { num_requests: 2 } } })).toEqual({
      prompt_tokens: 12,
      completion_tokens: 34,
      total_tokens: 46,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 20 },
      tool_usage: { web_search: { num_requests: 2 } },
    })
  })

  test.each<[string, unknown]>([
    ['none', null],
    ['negative', { ...USAGE_OF_RESPONSE, input_tokens: -1 }],
    ['a text', { ...USAGE_OF_RESPONSE, output_tokens: '7' }],
    ['half a token', { ...USAGE_OF_RESPONSE, output_tokens: 0.5 }],
    ['more than a call can have', { ...USAGE_OF_RESPONSE, output_tokens: 1e15 }],
  ])('is not believed: %s', (_, value) => {
    expect(usageOf({ usage: value })).toBeUndefined()
  })
})

describe('a whole answer ends', () => {
  const last = TEXT_ANSWER.length - 1

  test('with the upstream’s own end, unchanged', () => {
    const { read, reader } = readAll(TEXT_ANSWER)
    const [only] = reader.closing({
      state: 'done',
      tell: 'usage',
      usage: () => ({ usage: COUNTED, source: 'upstream' }),
    })
    expect(only).toEqual({ data: read[last]?.data, event: 'response.completed' })
  })

  test('with timing beside it', () => {
    const [end, ...more] = readAll(TEXT_ANSWER).close({ tell: 'timing', timing: TIMING })
    expect(more).toEqual([])
    expect(end).toEqual({
      event: 'response.completed',
      ...numbered(TEXT_ANSWER)[last],
      millrace: { state: 'done', usage_source: 'estimated', timing: TIMING },
    })
  })

  test('with an estimated usage where the upstream has none', () => {
    const events = complete([...begin(), ...messageEvents(['Hi'])], { usage: null })
    const [end] = readAll(events).close({ tell: 'usage' })
    expect(end).toMatchObject({
      response: { usage: { input_tokens: 3, output_tokens: 11, total_tokens: 14 } },
      millrace: { usage_source: 'estimated' },
    })
  })

  test('with an end of ours where only its text came', () => {
    const [end] = readAll(TEXT_ANSWER.slice(0, -1)).close({})
    expect(end).toMatchObject({
      type: 'response.completed',
      response: { id: RESPONSE_ID, status: 'completed', output: [{ content: [{ text: 'Hello, wörld!' }] }] },
    })
  })
})

describe('an answer that is ended early', () => {
  const error = { error: new ApiError('upstream_truncated'), separate: true }
  const begun = LONG_ANSWER.slice(0, -4)

  test('by an error: with the error, nested and flat, and a failed response by the same id', () => {
    const [first, second, ...more] = readAll(begun).close({ state: 'truncated', error })
    expect(more).toEqual([])
    const { message, type, code, param } = error.error.envelope().error
    expect(first).toEqual({
      event: 'error',
      type: 'error',
      sequence_number: begun.length,
      ...{ code, message, param },
      error: { message, type, code, param },
    })
    expect(second).toMatchObject({
      event: 'response.failed',
      type: 'response.failed',
      sequence_number: begun.length + 1,
      response: { id: RESPONSE_ID, status: 'failed', error: { code: 'upstream_truncated', message } },
      millrace: { state: 'truncated', usage_source: 'estimated' },
    })
  })

  test('before any event: its response is made here, once', () => {
    const events = readAll([], { responseId: 'resp_ours1' }).close({ state: 'failed', error })
    expect(events.map(({ type, sequence_number }) => [type, sequence_number])).toEqual([
      ['response.created', 0],
      ['error', 1],
      ['response.failed', 2],
    ])
    for (const { response } of [events[0], events[2]] as Members[]) {
      expect(response).toMatchObject({ id: 'resp_ours1', object: 'response', model: 'gpt-own' })
    }
  })

  test.each<[string, Partial<Closing>, object, string?]>([
    [
      'by moderation',
      { state: 'moderated', cut: { choices: [0], reason: 'content_filter' }, retract: { 0: 2 } },
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      'Hel',
    ],
    [
      'by a limit',
      { state: 'budget', cut: { choices: [0], reason: 'length' } },
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    ],
    ['by its caller', { state: 'stopped' }, { status: 'cancelled', incomplete_details: null }],
  ])('%s: its items are ended, with what was shown and stays', (_, closing, state, text = 'Hello') => {
    const shown = complete([
      ...begin(),
      ...reasoningEvents(['Hm.']),
      ...messageEvents(['Hel', 'lo'], 1),
    ]).slice(0, -4)
    const events = readAll(shown, {}, closing.retract === undefined ? 0 : 1).close(closing)
    expect(events.map(({ type, sequence_number }) => [type, sequence_number])).toEqual([
      ['response.output_text.done', shown.length],
      ['response.content_part.done', shown.length + 1],
      ['response.output_item.done', shown.length + 2],
      ['response.incomplete', shown.length + 3],
    ])
    const item = { type: 'message', status: 'incomplete', content: [{ type: 'output_text', text }] }
    expect(events[0]).toMatchObject({ text, output_index: 1, content_index: 0 })
    expect(events[2]).toMatchObject({ output_index: 1, item })
    expect(events[3]).toMatchObject({
      response: { ...state, output: [{ type: 'reasoning' }, item] },
      millrace: { state: closing.state, ...(closing.retract && { retract: closing.retract }) },
    })
  })

  test('what is taken back is not said again, in no item', () => {
    const stays = [...begin(), ...reasoningEvents(['thought']), ...messageEvents(['kept'], 1).slice(0, 3)]
    const goes = [
      ...messageEvents(['kept', 'GONE'], 1).slice(3),
      ...reasoningEvents(['GONE'], 2),
      ...messageEvents(['GONE'], 3),
      ...callEvents(['{"path":"GONE"}'], 4),
    ]
    const events = readAll([...stays, ...goes], {}, goes.length).close({
      state: 'moderated',
      cut: { choices: [0], reason: 'content_filter' },
      retract: { 0: 8 },
    })
    expect(JSON.stringify(events)).not.toMatch(/GONE|function_call/)
    expect(events.at(-1)?.response).toMatchObject({
      output: [
        { type: 'reasoning', summary: [{ text: 'thought' }] },
        { type: 'message', status: 'incomplete', content: [{ text: 'kept' }] },
        { type: 'reasoning', summary: [] },
        { type: 'message', status: 'incomplete', content: [] },
      ],
    })
  })

  test('what has ended already is not ended again', () => {
    const shown = [...begin(), ...messageEvents(['Hi']).slice(0, -1)]
    const types = readAll(shown)
      .close({ state: 'budget', cut: { choices: [0], reason: 'length' } })
      .map(({ type }) => type)
    expect(types).toEqual(['response.output_item.done', 'response.incomplete'])
  })

  test('half a call of a tool is left out: a client would make it', () => {
    const shown = [...begin(), ...callEvents(['{"path":"/', 'tmp"}']).slice(0, 2)]
    const events = readAll(shown).close({
      state: 'moderated',
      cut: { choices: [0], reason: 'content_filter' },
    })
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ response: { output: [] } })
  })
})

describe('under an id of ours', () => {
  const { read, close } = readAll(LONG_ANSWER.slice(0, -1), { responseId: 'resp_ours1' })

  test('each event has it, and none has the upstream’s', () => {
    for (const { data } of read) expect(data).not.toContain(RESPONSE_ID)
    expect(JSON.parse(read[0]?.data ?? '')).toMatchObject({ response: { id: 'resp_ours1' } })
    expect(JSON.stringify(close({ state: 'stopped' }))).not.toContain(RESPONSE_ID)
  })

  test('events are numbered without gaps, also where the upstream numbers none', () => {
    const reader = createAnswerReader('m', { responseId: 'resp_ours1' })
    const numbers = LONG_ANSWER.map((event) => JSON.parse(reader.read(sse(event)).data).sequence_number)
    expect(numbers).toEqual(LONG_ANSWER.map((_, index) => index))
  })

  test('what is read and not shown leaves no gap', () => {
    const reader = createAnswerReader('m', { responseId: 'resp_ours1' })
    const events = [...begin(), ...messageEvents(['a', 'b'])]
      .slice(0, 6)
      .map((event) => reader.read(sse(event)))
    for (const event of events.slice(0, 5)) reader.shown?.(event)
    const [done] = reader.closing({
      state: 'budget',
      tell: undefined,
      usage,
      cut: { choices: [0], reason: 'length' },
    })
    expect(JSON.parse(done?.data ?? '')).toMatchObject({ sequence_number: 5, text: 'a' })
  })
})

describe('moderated', () => {
  test('each text is judged once', () => {
    const { pieces } = judgeAll(LONG_ANSWER)
    const judged = (kind: string) => pieces.filter((one) => one.kind === kind).map(({ text }) => text)
    expect(judged('content').join('')).toBe('It is sunny.')
    expect(judged('reasoning').join('')).toBe('Let me think.')
    expect(judged('tool').join('')).toBe('{"city":"Paris"}')
    expect(judged('other')).toEqual(['get_weather'])
  })

  test('content and a refusal are one text, in the order in which they are shown', () => {
    const parts = [
      { type: 'response.output_text.delta', output_index: 0, content_index: 1, delta: 'mb' },
      { type: 'response.refusal.delta', output_index: 0, content_index: 0, delta: 'bo' },
    ]
    const { pieces } = judgeAll([...begin(), ...parts])
    expect(new Set(pieces.filter(({ kind }) => kind !== 'other').map(({ key }) => key)).size).toBe(1)
    expect(pieces.map(({ text }) => text)).toContain('bomb')
  })

  test('what the upstream repeats of instructions and tools is not shown', () => {
    const { shown, close } = judgeAll(LONG_ANSWER)
    for (const wire of [JSON.stringify(shown), JSON.stringify(close({ tell: 'record' }))]) {
      expect(wire).not.toMatch(/secret|vs_68f0|effort/)
    }
    expect(shown[0]).toMatchObject({
      response: { instructions: null, tools: [{ type: 'file_search' }], metadata: {} },
    })
  })

  test('the end is shown as it was judged', () => {
    const { shown, close } = judgeAll(complete([...begin(), ...messageEvents(['Hi'])], { note: 'a bomb' }))
    expect(close({})).toEqual([shown.at(-1)])
    expect(JSON.stringify(shown)).not.toContain('bomb')
  })

  test('pictures, padding and log probabilities are left out', () => {
    const picture = { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'AAAA' }
    const { shown, pieces } = judgeAll([
      ...begin(),
      { type: 'response.image_generation_call.partial_image', output_index: 0, partial_image_b64: 'AAAA' },
      { type: 'response.output_item.done', output_index: 0, item: picture },
      {
        type: 'response.output_text.delta',
        output_index: 1,
        delta: 'a',
        obfuscation: 'AAAA',
        logprobs: [{ token: 'AAAA' }],
      },
    ])
    expect(JSON.stringify([shown, pieces])).not.toContain('AAAA')
  })

  test('encrypted reasoning is not judged, in the form that it has', () => {
    const item = (encrypted_content: string) => ({
      type: 'response.output_item.done',
      output_index: 0,
      item: { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content },
    })
    const sealed = `gAAAAAB${'oydL8ifhOG-FyLv1L'.repeat(8)}==`
    expect(judgeAll([item(sealed)]).pieces).toEqual([])
    expect(judgeAll([item('not so')]).pieces.map(({ text }) => text)).toEqual(['not so'])
  })
})

test('stripped, an event says nothing of the owner’s instructions and tools, or what these returned', () => {
  const items = [
    { type: 'file_search_call', id: 'fs_1', queries: ['q'], results: [{ text: 'secret' }] },
    { type: 'mcp_list_tools', id: 'mcpl_1', server_label: 'docs', tools: [{ name: 'secret' }] },
    { type: 'mcp_call', id: 'mcp_1', name: 'search', arguments: '{}', output: 'secret' },
  ]
  const events = [
    ...begin(),
    ...items.map((item, output_index) => ({ type: 'response.output_item.done', output_index, item })),
  ]
  const { read } = readAll(complete(events), { strips: true })
  const wire = read.map(({ data }) => data).join('')
  expect(wire).not.toMatch(/secret|vs_68f0/)
  expect(wire).toContain('"queries":["q"]')
  expect(wire).toContain('"tools":[{"type":"file_search"}]')
})
