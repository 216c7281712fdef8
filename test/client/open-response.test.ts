/**
 * Durable answers of the Responses API, as the client reads them. The reconnecting is tested in
 * open-stream.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { followResponse, openResponse } from '../../client/stream/open-response.ts'
import type { OpenOptions } from '../../client/stream/open-stream.ts'
import type { ChatStream } from '../../client/stream/read-stream.ts'
import type { Progress, Source } from '../../client/stream/stream-format.ts'
import { withdraw } from '../../client/stream/withdraw.ts'
import {
  begin,
  callEvents,
  complete,
  LONG_ANSWER,
  type Members,
  messageEvents,
  named,
  numbered,
  reasoningEvents,
  refusalEvents,
  responseOf,
  TEXT_ANSWER,
  USAGE_OF_RESPONSE,
} from '../support/responses.ts'
import { bytes } from './bodies.ts'
import { fakeWorld, type World } from './fake-environment.ts'
import { type Fate, fakeStreams, ID } from './fake-streams.ts'

const URL = '/v1/responses'
const QUESTION = { model: 'm', input: 'Why?' }

/** As the Worker writes them. */
const wireOf = (events: readonly Members[]) =>
  numbered(events).map((event, i) => `id: ${i + 1}\n${named(event)}`)

function scene(events: readonly Members[], fates: Fate[] = [], headers: Record<string, string> = {}) {
  const world = fakeWorld()
  const streams = fakeStreams(wireOf(events), fates, world.now, headers)
  const options: OpenOptions = { fetch: streams.fetch, environment: world.environment }
  return { world, streams, options, open: () => openResponse(URL, QUESTION, options) }
}

async function readAll(world: World, stream: ChatStream) {
  const seen = { text: '', refusal: '', reasoning: '', sources: [] as Source[], progress: [] as Progress[] }
  let last: unknown
  let error: unknown
  async function read() {
    for await (const chunk of stream) {
      const { delta, finish_reason: end } = chunk.choices[0] ?? {}
      seen.text = withdraw(seen.text + (delta?.content ?? ''), chunk)
      seen.refusal += delta?.refusal ?? ''
      seen.reasoning += delta?.reasoning_content ?? ''
      seen.sources.push(...(chunk.sources ?? []))
      if (chunk.progress) seen.progress.push(chunk.progress)
      if (end) last = { end, usage: chunk.usage, ...chunk.millrace }
    }
  }
  try {
    await world.until(read())
  } catch (cause) {
    error = cause
  }
  return { ...seen, last, error }
}

const NOTHING = { refusal: '', reasoning: '', sources: [], progress: [], error: undefined }
const USAGE = {
  prompt_tokens: USAGE_OF_RESPONSE.input_tokens,
  completion_tokens: USAGE_OF_RESPONSE.output_tokens,
  total_tokens: USAGE_OF_RESPONSE.total_tokens,
  prompt_tokens_details: USAGE_OF_RESPONSE.input_tokens_details,
  completion_tokens_details: USAGE_OF_RESPONSE.output_tokens_details,
}

const place = { output_index: 1, content_index: 0 }
const annotation = (annotation: Members) => ({
  type: 'response.output_text.annotation.added',
  ...place,
  annotation,
})
const delta = (delta: string, at: Members = place) => ({ type: 'response.output_text.delta', ...at, delta })
const search = (item: Members, type = 'added') => ({
  type: `response.output_item.${type}`,
  output_index: 0,
  item: { id: 'ws_1', type: 'web_search_call', ...item },
})
const end = (members: Members, millrace?: Members, type = 'completed') => ({
  type: `response.${type}`,
  response: responseOf({ status: type, usage: USAGE_OF_RESPONSE, ...members }),
  ...(millrace && { millrace }),
})

const SEARCHED: Members[] = [
  ...begin(),
  search({ status: 'in_progress' }),
  search({ action: { type: 'search', query: 'mills' } }, 'done'),
  delta('Water '),
  annotation({ type: 'file_citation', filename: 'a.md', file_id: 'f', index: 5 }),
  delta('runs.'),
  annotation({ type: 'url_citation', url: 'https://a.test/', title: 'A', start_index: 6, end_index: 10 }),
  end({}, { state: 'done' }),
]
const SEARCHED_IS = {
  ...NOTHING,
  text: 'Water runs.',
  progress: [{ kind: 'web' }, { kind: 'web', query: 'mills' }],
  sources: [
    { title: 'a.md', start: 5, end: 5 },
    { title: 'A', url: 'https://a.test/', start: 6, end: 10 },
  ],
  last: { end: 'stop', usage: USAGE, state: 'done' },
}

describe.each([
  ['a text', TEXT_ANSWER, { ...NOTHING, text: 'Hello, wörld!', last: { end: 'stop', usage: USAGE } }],
  [
    'a reasoned one',
    LONG_ANSWER,
    {
      ...NOTHING,
      reasoning: 'Let me think.',
      text: 'It is sunny.',
      last: { end: 'tool_calls', usage: USAGE },
    },
  ],
  ['one with sources', SEARCHED, SEARCHED_IS],
])('%s', (_, events, whole) => {
  test('comes whole', async () => {
    const { world, streams, open } = scene(events)
    const stream = open()
    expect(await readAll(world, stream)).toEqual(whole)
    expect([stream.id, stream.lastEventId]).toEqual([ID, events.length])
    expect(streams.requests).toEqual([`POST ${URL}`])
    expect(JSON.parse(streams.sent[0]?.body ?? '')).toEqual({ ...QUESTION, stream: true, background: true })
    expect(streams.sent[0]?.headers.get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/)
  })

  test.each(['reset', 'close'] as const)(
    'comes whole if its connection ends at any event, by %s',
    async (ends) => {
      const wire = wireOf(events)
      for (let cut = 0; cut < wire.length; cut++) {
        for (const more of [0, 9]) {
          const { world, streams, open } = scene(events, [
            { bytes: bytes(wire.slice(0, cut).join('')).length + more, ends },
          ])
          expect(await readAll(world, open())).toEqual(whole)
          const after = cut === 0 ? '' : `&starting_after=${cut - 1}`
          expect(streams.requests).toEqual([`POST ${URL}`, `GET ${URL}/${ID}?stream=true${after}`])
        }
      }
    },
  )
})

test('is followed from an event on', async () => {
  const { world, streams, options } = scene(TEXT_ANSWER)
  const { text } = await readAll(world, followResponse(URL, 'resp_1', { ...options, after: 5 }))
  expect([text, streams.requests]).toEqual([', wörld!', [`GET ${URL}/resp_1?stream=true&starting_after=4`]])
})

test('is stopped by its own route', async () => {
  const cut = bytes(wireOf(TEXT_ANSWER).slice(0, 5).join('')).length
  const { world, streams, open } = scene(TEXT_ANSWER, [{ bytes: cut, ends: 'silence' }])
  const stream = open()
  await stream[Symbol.asyncIterator]().next()
  await world.until(stream.stop())
  expect(streams.requests).toEqual([`POST ${URL}`, `POST ${URL}/${ID}/cancel`])
})

test.each([
  [400, 'field_not_allowed'],
  [429, 'rate_limit_exceeded'],
])('that is refused (%i) is not asked again', async (status, code) => {
  const { world, streams, open } = scene(TEXT_ANSWER, [{ status, code }])
  expect(await readAll(world, open())).toMatchObject({ error: { status, code } })
  expect(streams.requests).toHaveLength(1)
})

describe('its end', () => {
  const told = (...events: Members[]) => [
    ...begin(),
    ...messageEvents(['Some ', 'words']).slice(0, 4),
    ...events,
  ]

  test.each([
    ['too long', { incomplete_details: { reason: 'max_output_tokens' } }, undefined, { end: 'length' }],
    [
      'withheld',
      { incomplete_details: { reason: 'content_filter' } },
      { state: 'moderated' },
      { end: 'content_filter', state: 'moderated' },
    ],
    ['stopped', { status: 'cancelled' }, undefined, { end: 'stop', state: 'stopped' }],
    ['out of budget', {}, { state: 'budget' }, { end: 'stop', state: 'budget' }],
  ])('%s', async (_, members, millrace, expected) => {
    const { world, open } = scene(told(end(members, millrace, 'incomplete')))
    expect(await readAll(world, open())).toMatchObject({
      text: 'Some words',
      last: expected,
      error: undefined,
    })
  })

  const failed = { code: 'upstream_error', message: 'Broke.', type: 'server_error', param: null }

  test.each<[string, Members[]]>([
    [
      'nested',
      [{ type: 'error', error: failed }, end({ status: 'failed', error: failed }, { state: 'failed' })],
    ],
    ['flat', [{ ...failed, type: 'error' }, end({ status: 'failed' })]],
    ['in the end alone', [end({ status: 'failed', error: failed })]],
  ])('an error that is %s is thrown after the text', async (_, events) => {
    const { world, streams, open } = scene(told(...events))
    const { text, error } = await readAll(world, open())
    expect([text, error]).toMatchObject([
      'Some words',
      { code: 'upstream_error', message: 'Broke.', status: null },
    ])
    expect(streams.requests).toHaveLength(1)
  })

  test('what is no JSON is an error', async () => {
    const world = fakeWorld()
    const { fetch } = fakeStreams(['id: 1\ndata: <html>\n\n'])
    const stream = openResponse(URL, QUESTION, { fetch, environment: world.environment })
    expect(await readAll(world, stream)).toMatchObject({ error: { code: 'invalid_event' } })
  })
})

describe('what moderation takes back', () => {
  const LEAD = { 'moderation-retract-chars': '6' }
  const two = [...begin(), ...messageEvents(['One.'], 0, 'msg_1'), ...messageEvents(['Two.'], 1, 'msg_2')]

  test.each([
    [3, 'One.\n\nT'],
    [4, 'One.\n\n'],
    [5, 'One'],
    [8, ''],
    [0, 'One.\n\nTwo.'],
  ])('%i characters, though the server does not count what stands between parts', async (chars, left) => {
    const { world, open } = scene(
      [...two, end({}, { state: 'moderated', retract: { 0: chars } }, 'incomplete')],
      [],
      LEAD,
    )
    expect(await readAll(world, open())).toMatchObject({ text: left, error: undefined })
  })

  test('also with an error', async () => {
    const error = { code: 'moderation_failed', message: 'No.', type: 'server_error', param: null }
    const events = [
      ...two,
      { type: 'error', error },
      end({ status: 'failed' }, { state: 'failed', retract: { 0: 2 } }),
    ]
    const { world, open } = scene(events, [], LEAD)
    expect(await readAll(world, open())).toMatchObject({
      text: 'One.\n\nTw',
      error: { code: 'moderation_failed' },
    })
  })

  test('is what may not have passed, where the answer breaks off', async () => {
    const cut = bytes(wireOf(TEXT_ANSWER).slice(0, 8).join('')).length
    const { world, open } = scene(TEXT_ANSWER, [{ bytes: cut, ends: 'reset' }, { status: 404 }], LEAD)
    expect(await readAll(world, open())).toMatchObject({
      text: 'Hello, '.slice(0, 7),
      error: { status: 404 },
    })
  })
})

describe('sources', () => {
  const cited = async (texts: string[], cite: Members, at: Members = place) => {
    const texted = texts.map((text, i) => delta(text, { output_index: i, content_index: 0 }))
    const { world, open } = scene([...begin(), ...texted, { ...annotation(cite), ...at }, end({})])
    return (await readAll(world, open())).sources
  }
  const FILE = { type: 'file_citation', filename: 'a.md' }
  const SITE = { type: 'url_citation', url: 'https://a.test', start_index: 1, end_index: 3 }

  test.each<[string, string[], Members, Source[]]>([
    [
      'are at their place in the whole content',
      ['One.', 'Two.'],
      { ...FILE, index: 4 },
      [{ title: 'a.md', start: 10, end: 10 }],
    ],
    [
      'are counted in code points',
      ['', '🎉🎉 Two.'],
      { ...FILE, index: 3 },
      [{ title: 'a.md', start: 5, end: 5 }],
    ],
    [
      'without a title have their address',
      ['', 'Two.'],
      { ...SITE, title: ' ' },
      [{ title: 'https://a.test', url: 'https://a.test', start: 1, end: 3 }],
    ],
    ['of another kind are left out', ['', 'Two.'], { type: 'file_path', file_id: 'f', index: 1 }, []],
    ['without a name are left out', ['', 'Two.'], { type: 'file_citation', index: 1 }, []],
  ])('%s', async (_, texts, cite, sources) => {
    expect(await cited(texts, cite)).toEqual(sources)
  })
})

test.each<[string, Members, Progress[]]>([
  ['documents', { type: 'file_search_call', queries: ['mills'] }, [{ kind: 'documents', query: 'mills' }]],
  ['a tool of the owner’s', { type: 'mcp_call', name: 'x', arguments: '{"secret":1}' }, [{ kind: 'other' }]],
  ['code', { type: 'code_interpreter_call', code: 'secret()' }, [{ kind: 'other' }]],
  ['a tool of the page', { type: 'function_call', name: 'x', arguments: '{}' }, []],
  ['a message', { type: 'message' }, []],
])('progress tells of %s, and nothing of arguments', async (_, item, progress) => {
  const { world, open } = scene([...begin(), search(item), search(item, 'done'), end({})])
  expect((await readAll(world, open())).progress).toEqual(progress)
})

test('a refusal and calls of the page’s tools make no content', async () => {
  const events = complete([
    ...begin(),
    ...reasoningEvents(['Hm.']),
    ...callEvents(['{}'], 1),
    ...refusalEvents(['I ', 'won’t.'], 2),
  ])
  const { world, open } = scene(events)
  expect(await readAll(world, open())).toMatchObject({ text: '', refusal: 'I won’t.', reasoning: 'Hm.' })
})
