/** Answers with tools of the caller's own, over several rounds and in both formats. */
import { describe, expect, test } from 'vitest'
import type { ChatError } from '../../client/stream/chat-error.ts'
import { runTools, type ToolOptions, type Tools } from '../../client/stream/run-tools.ts'
import type { ToolResult } from '../../client/stream/tool-conversation.ts'
import { encodeEvent } from '../../worker/protocol/encode.ts'
import { begin, complete, type Members, messageEvents, named, numbered } from '../support/responses.ts'
import { chunk, event, finish } from '../support/sse.ts'
import { bytes } from './bodies.ts'

interface Call {
  name: string
  arguments: string
}

const call = (name: string, args: string): Call => ({ name, arguments: args })

/** An answer: text, then calls. */
interface Round {
  text?: string
  calls?: Call[]
  /** Of the last chunk. */
  end?: string
  state?: string
  tokens?: number
}

interface Format {
  url: string
  request: object
  write(round: Round, number: number): string
  /** What the model is told of the calls before, and how. */
  told(body: Members): unknown[]
}

const usageOf = (tokens: number) => ({
  prompt_tokens: tokens,
  completion_tokens: 1,
  total_tokens: tokens + 1,
  prompt_tokens_details: { cached_tokens: tokens },
})

const CHAT: Format = {
  url: '/v1/streams',
  request: { model: 'm', messages: [{ role: 'user', content: 'Why?' }] },
  write({ text = '', calls = [], end, state = 'done', tokens = 9 }, number) {
    const pieces = calls.flatMap(({ name, arguments: json }, index) => [
      { index, id: `call_${number}_${index}`, type: 'function', function: { name, arguments: '' } },
      ...[...json].map((letter) => ({ index, function: { arguments: letter } })),
    ])
    const last = { choices: [], usage: usageOf(tokens), millrace: { state } }
    return [
      ...[...text].map((letter) => event(chunk({ content: letter }))),
      ...pieces.map((piece) => event(chunk({ tool_calls: [piece] }))),
      finish(end ?? (calls.length > 0 ? 'tool_calls' : 'stop')),
      event(chunk({}, last)),
      encodeEvent('[DONE]'),
    ].join('')
  },
  told: ({ messages }) => (messages as unknown[]).slice(1),
}

const RESPONSES: Format = {
  url: '/v1/responses',
  request: { model: 'm', input: 'Why?' },
  write({ text, calls = [], end, state = 'done', tokens = 9 }, number) {
    const items = calls.map(({ name, arguments: json }, index) => ({
      item: { type: 'function_call', call_id: `call_${number}_${index}`, name, arguments: json },
      output_index: index + 1,
    }))
    const events = complete(
      [
        ...begin(),
        ...(text === undefined ? [] : messageEvents([...text])),
        ...items.flatMap(({ item, output_index }) => [
          { type: 'response.output_item.added', output_index, item: { ...item, arguments: '' } },
          ...[...item.arguments].map((delta) => ({
            type: 'response.function_call_arguments.delta',
            output_index,
            delta,
          })),
          { type: 'response.output_item.done', output_index, item },
        ]),
      ],
      {
        ...(end === 'length' && {
          status: 'incomplete',
          incomplete_details: { reason: 'max_output_tokens' },
        }),
        usage: {
          input_tokens: tokens,
          output_tokens: 1,
          total_tokens: tokens + 1,
          input_tokens_details: { cached_tokens: tokens },
        },
      },
    )
    const last = { ...events.at(-1), millrace: { state } }
    return numbered([...events.slice(0, -1), last] as Members[])
      .map(named)
      .join('')
  },
  told: ({ previous_response_id: previous, input }) => [previous, ...(input as unknown[])],
}

/** @returns the text, the last usage, and what was sent */
async function run(format: Format, rounds: Round[], tools: Tools, options: ToolOptions = {}) {
  const sent: { body: Members; key: string | null }[] = []
  const fetch = async (_: unknown, init: RequestInit = {}) => {
    const body = JSON.parse(String(init.body)) as Members
    const number = sent.push({ body, key: new Headers(init.headers).get('idempotency-key') })
    const round = rounds[number - 1]
    if (!round) throw new Error(`round ${number} was not expected`)
    return new Response(bytes(format.write(round, number)), {
      headers: { 'content-type': 'text/event-stream', 'stream-id': `id_${number}` },
    })
  }
  const seen = { text: '', rounds: [] as number[], usage: undefined as unknown }
  const results: ToolResult[] = []
  let error: unknown
  const answer = runTools(format.url, format.request as never, tools, {
    fetch: fetch as typeof globalThis.fetch,
    onResult: (result) => results.push(result),
    ...options,
  })
  try {
    for await (const { choices, round, usage } of answer) {
      seen.text += choices[0]?.delta.content ?? ''
      if (seen.rounds.at(-1) !== round) seen.rounds.push(round)
      seen.usage = usage ?? seen.usage
    }
  } catch (cause) {
    error = cause
  }
  return { ...seen, error, sent, results }
}

const weather: Tools = {
  weather: {
    description: 'The weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
    run: ({ city }: { city: string }) => ({ city, degrees: 21 }),
  },
}

describe.each([
  ['Chat Completions', CHAT],
  ['the Responses API', RESPONSES],
] as const)('by %s', (name, format) => {
  const isChat = format === CHAT
  const definition = {
    name: 'weather',
    description: 'The weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  }

  test('a call is run, and its result told', async () => {
    const { text, rounds, sent, results, error } = await run(
      format,
      [{ text: 'Wait. ', calls: [call('weather', '{"city":"Rome"}')] }, { text: 'Sunny.' }],
      weather,
      { idempotencyKey: 'k' },
    )
    expect([text, rounds, error]).toEqual(['Wait. Sunny.', [1, 2], undefined])
    expect(sent[0]?.body.tools).toEqual([
      isChat ? { type: 'function', function: definition } : { type: 'function', ...definition },
    ])
    expect(sent.map(({ key }) => key)).toEqual(['k', 'k-2'])
    expect(sent.map(({ body }) => body.tool_choice)).toEqual([undefined, undefined])
    const content = '{"city":"Rome","degrees":21}'
    expect(results).toEqual([
      { id: 'call_1_0', name: 'weather', arguments: '{"city":"Rome"}', content, isError: false },
    ])
    const called = { name: 'weather', arguments: '{"city":"Rome"}' }
    expect(format.told(sent[1]?.body ?? {})).toEqual(
      isChat
        ? [
            {
              role: 'assistant',
              content: 'Wait. ',
              tool_calls: [{ id: 'call_1_0', type: 'function', function: called }],
            },
            { role: 'tool', tool_call_id: 'call_1_0', content },
          ]
        : ['id_1', { type: 'function_call_output', call_id: 'call_1_0', output: content }],
    )
  })

  test.each<[string, Call, Tools, string]>([
    [
      'a tool that fails',
      call('t', '{}'),
      { t: { run: () => Promise.reject(new Error('no net')) } },
      'no net',
    ],
    [
      'a tool that throws a text',
      call('t', '{}'),
      {
        t: {
          run: () => {
            throw 'no'
          },
        },
      },
      'no',
    ],
    ['an unknown tool', call('toString', '{}'), {}, 'There is no tool "toString".'],
    [
      'arguments that are not JSON',
      call('t', '{"a":'),
      { t: { run: () => 1 } },
      'The arguments are not JSON',
    ],
    ['a result that JSON can’t write', call('t', '{}'), { t: { run: () => 1n } }, 'BigInt'],
  ])('the model is told of %s', async (_, called, tools, message) => {
    const { results, text } = await run(format, [{ calls: [called] }, { text: 'Sorry.' }], tools)
    expect(text).toBe('Sorry.')
    expect(results[0]?.isError).toBe(true)
    expect(JSON.parse(results[0]?.content ?? '').error).toContain(message)
  })

  test.each<[unknown, string]>([
    ['a text', 'a text'],
    [undefined, 'null'],
    [{ a: [1] }, '{"a":[1]}'],
    [false, 'false'],
  ])('the result %j is told as %s', async (value, content) => {
    const { results } = await run(format, [{ calls: [call('t', '')] }, {}], { t: { run: () => value } })
    expect(results).toMatchObject([{ content, isError: false }])
  })

  test('calls of one answer run side by side, and are told in their order', async () => {
    const second = Promise.withResolvers<string>()
    const tools: Tools = {
      first: { run: async () => `after ${await second.promise}` },
      second: {
        run() {
          second.resolve('second')
          return 'done'
        },
      },
    }
    const { results, sent } = await run(
      format,
      [{ calls: [call('first', '{}'), call('second', '{}')] }, { text: 'Both.' }],
      tools,
    )
    expect(results.map(({ name }) => name)).toEqual(['second', 'first'])
    expect(JSON.stringify(format.told(sent[1]?.body ?? {}))).toMatch(/after second.*done/)
  })

  test('its usage is that of all rounds', async () => {
    const rounds = [
      { calls: [call('weather', '{}')], tokens: 10 },
      { text: 'Sunny.', tokens: 20 },
    ]
    const { usage } = await run(format, rounds, weather)
    expect(usage).toMatchObject({
      prompt_tokens: 30,
      completion_tokens: 2,
      total_tokens: 32,
      prompt_tokens_details: { cached_tokens: 30 },
    })
  })

  test('in the last round no tool may be called', async () => {
    const calls = [call('weather', '{}')]
    const { sent, text, error } = await run(format, [{ calls }, { calls }, { text: 'Enough.' }], weather, {
      maxRounds: 3,
    })
    expect([text, error]).toEqual(['Enough.', undefined])
    expect(sent.map(({ body }) => body.tool_choice)).toEqual([undefined, undefined, 'none'])
  })

  test('a model that calls tools for ever is asked eight times', async () => {
    const rounds = Array.from({ length: 20 }, () => ({ calls: [call('weather', '{}')] }))
    const { sent, error } = await run(format, rounds, weather)
    expect(sent).toHaveLength(8)
    expect((error as ChatError).code).toBe('too_many_rounds')
  })

  test.each([
    ['was cut', { end: 'length' }],
    ['was stopped', { state: 'stopped' }],
    ['reached its budget', { state: 'budget' }],
  ])('an answer that %s runs nothing', async (_, end) => {
    const { sent, results, error } = await run(format, [{ calls: [call('weather', '{')], ...end }], weather)
    expect([sent.length, results, error]).toEqual([1, [], undefined])
  })

  test('an abort ends a tool that runs, and the iteration, with its reason', async () => {
    const leaving = new AbortController()
    let seen: AbortSignal | undefined
    const tools: Tools = {
      t: {
        run(_, { signal }) {
          seen = signal
          leaving.abort(new Error('left'))
          return new Promise(() => {})
        },
      },
    }
    const { error, sent } = await run(format, [{ calls: [call('t', '{}')] }], tools, {
      signal: leaving.signal,
    })
    expect([(error as Error).message, seen?.aborted, sent.length]).toEqual(['left', true, 1])
  })

  test('leaving the loop asks no more', async () => {
    let asked = 0
    const fetch = async () => {
      asked++
      return new Response(bytes(format.write({ text: 'abc', calls: [call('weather', '{}')] }, asked)), {
        headers: { 'content-type': 'text/event-stream' },
      })
    }
    for await (const _ of runTools(format.url, format.request as never, weather, { fetch })) break
    expect(asked, name).toBe(1)
  })

  test.each([
    ['tools of its own', { ...format.request, tools: [] }, {}, 'Give the tools to runTools'],
    ['no question', { model: 'm' }, {}, 'messages, or with input'],
    ['no round', format.request, { maxRounds: 0 }, 'maxRounds'],
  ])('%s is a mistake that is said at once', (_, request, options, message) => {
    expect(() => runTools(format.url, request as never, weather, options)).toThrow(message)
  })
})

test('stop ends the tools that run, and asks no more', async () => {
  const started = Promise.withResolvers<void>()
  const tools: Tools = {
    t: {
      run() {
        started.resolve()
        return new Promise(() => {})
      },
    },
  }
  let asked = 0
  const fetch = async (_: unknown, init: RequestInit = {}) => {
    if (init.method === 'DELETE') return new Response(null, { status: 204 })
    asked++
    return new Response(bytes(CHAT.write({ calls: [call('t', '{}')] }, asked)), {
      headers: { 'content-type': 'text/event-stream', 'stream-id': 'id_1' },
    })
  }
  const answer = runTools(CHAT.url, CHAT.request as never, tools, { fetch: fetch as typeof globalThis.fetch })
  const read = (async () => {
    for await (const _ of answer);
  })()
  await started.promise
  await answer.stop()
  await read
  expect(asked).toBe(1)
})

test('an answer that is not stored is gone on from by its items', async () => {
  const format: Format = { ...RESPONSES, request: { input: 'Why?', store: false } }
  const { sent } = await run(
    format,
    [{ text: 'Wait.', calls: [call('weather', '{"city":"Rome"}')] }, { text: 'Sunny.' }],
    weather,
  )
  expect(sent[1]?.body).toMatchObject({
    input: [
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'Wait.' },
      { type: 'function_call', call_id: 'call_1_0', name: 'weather', arguments: '{"city":"Rome"}' },
      { type: 'function_call_output', call_id: 'call_1_0', output: '{"city":"Rome","degrees":21}' },
    ],
  })
  expect(sent[1]?.body.previous_response_id).toBeUndefined()
})
