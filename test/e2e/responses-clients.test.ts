/** The clients that speak the Responses API by default, with nothing changed but where they ask. */
import { createOpenAI } from '@ai-sdk/openai'
import { Agent, Runner, setTracingDisabled, tool } from '@openai/agents-core'
import { OpenAIResponsesModel } from '@openai/agents-openai'
import { tool as aiTool, isStepCount, jsonSchema, streamText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { curl } from '../support/curl.ts'
import { keys, type Sent } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import {
  begin,
  callEvents,
  complete,
  type Members,
  messageEvents,
  named,
  numbered,
  TEXT_ANSWER,
} from '../support/responses.ts'
import { end, hang, inOrder, type Script, send } from '../support/script.ts'
import { begun, events, json } from '../support/scripts.ts'

setTracingDisabled(true)

const MODEL = 'gpt-test'
const QUESTION = { model: MODEL, input: 'Say hello.' }
const TEXT = 'Hello, wörld!'
const { ACCESS_KEYS, callers } = keys(20)
const vars = { OPEN_ACCESS: 'false', ACCESS_KEYS }
const house = useHouse(vars)
/** Whose callers have too little for a question. */
const poor = useHouse({ ...vars, KEY_DAILY_TOKENS: '5' })

const wire = (answer: readonly Members[]) => numbered(answer).map(named)
const CALL = complete([...begin(), ...callEvents(['{"city":', '"Paris"}'])])
const SUNNY = complete([...begin(), ...messageEvents(['It is ', 'sunny', '.'])])
/** The answer up to its first words. */
const HALF = wire(TEXT_ANSWER).slice(0, 5)
const FIRST_WORD = 'Hello'
const half: Script = inOrder(begun(HALF, 1), hang)
const cut: Script = inOrder(begun(HALF), end)

type House = typeof house

/** The key of a caller, which each client takes as OpenAI's own. */
const keyOf = (sent: Sent | undefined) => String(sent?.authorization).replace('Bearer ', '')
const KEY = keyOf(callers[0])

const sdk = ({ url }: House, apiKey = KEY) =>
  new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0, logLevel: 'off' })
const vercel = ({ url }: House) => createOpenAI({ apiKey: KEY, baseURL: `${url}/v1` })

const PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const

interface Taken {
  text: string
  failure: unknown
}

/** What a reader has been shown, and what was thrown or reported. */
async function taken(
  { onText }: Asking,
  run: (show: (text: string) => void) => Promise<unknown>,
): Promise<Taken> {
  let text = ''
  try {
    const failure = await run((more) => {
      text += more
      onText?.()
    })
    return { text, failure }
  } catch (failure) {
    return { text, failure }
  }
}

interface Asking {
  signal?: AbortSignal
  onText?(): void
  /** What the tool was called with. */
  onCall?(city: string): void
}

/** Each client streams an answer to its end, and calls a tool if it is asked to. */
const CLIENTS: Readonly<Record<string, (house: House, asking?: Asking) => Promise<Taken>>> = {
  'openai, create': (house, asking = {}) =>
    taken(asking, async (show) => {
      const stream = await sdk(house).responses.create(
        { ...QUESTION, stream: true },
        { signal: asking.signal ?? null },
      )
      for await (const event of stream) if (event.type === 'response.output_text.delta') show(event.delta)
    }),
  'openai, .stream()': (house, asking = {}) =>
    taken(asking, async (show) => {
      const stream = sdk(house).responses.stream(QUESTION, { signal: asking.signal ?? null })
      stream.on('response.output_text.delta', ({ delta }) => show(delta))
      await stream.finalResponse()
    }),
  '@openai/agents': (house, asking = {}) =>
    taken(asking, async (show) => {
      const weather = tool({
        name: 'get_weather',
        description: 'The weather of a city.',
        parameters: PARAMETERS as never,
        execute(input) {
          asking.onCall?.((input as { city: string }).city)
          return 'sunny'
        },
      })
      const model = new OpenAIResponsesModel(sdk(house), MODEL)
      const agent = new Agent({ name: 'forecaster', model, tools: [weather] })
      const run = await new Runner().run(agent, 'Say hello.', {
        stream: true,
        ...(asking.signal && { signal: asking.signal }),
      })
      for await (const { type, ...event } of run) {
        if (type !== 'raw_model_stream_event' || !('data' in event)) continue
        if (event.data.type === 'output_text_delta') show(event.data.delta)
      }
      await run.completed
      return run.error ?? undefined
    }),
  '@ai-sdk/openai': (house, asking = {}) =>
    taken(asking, async (show) => {
      const { fullStream } = streamText({
        model: vercel(house)(MODEL),
        prompt: 'Say hello.',
        tools: {
          get_weather: aiTool({
            description: 'The weather of a city.',
            inputSchema: jsonSchema<{ city: string }>(PARAMETERS as never),
            execute({ city }) {
              asking.onCall?.(city)
              return 'sunny'
            },
          }),
        },
        stopWhen: isStepCount(3),
        maxRetries: 0,
        ...(asking.signal && { abortSignal: asking.signal }),
        onError() {},
      })
      let failure: unknown
      for await (const part of fullStream) {
        if (part.type === 'text-delta') show(part.text)
        if (part.type === 'error') failure = part.error
        if (part.type === 'abort') failure = 'aborted'
      }
      return failure
    }),
}
const NAMES = Object.keys(CLIENTS)
const WITH_TOOLS = NAMES.filter((name) => !name.startsWith('openai'))

describe.each(NAMES)('%s', (name) => {
  const ask = CLIENTS[name] as (house: House, asking?: Asking) => Promise<Taken>

  test('shows an answer as it comes', async () => {
    house.upstream.next(events(wire(TEXT_ANSWER)))
    expect(await ask(house)).toEqual({ text: TEXT, failure: undefined })
    expect(house.upstream.calls[0]).toMatchObject({
      path: '/v1/responses',
      request: { model: MODEL, stream: true },
    })
  })

  test('shows a cut answer’s words, and that it failed', async () => {
    house.upstream.next(cut)
    const { text, failure } = await ask(house)
    expect(text).toBe(FIRST_WORD)
    expect(failure).toBeDefined()
    expect(String((failure as Error).message ?? JSON.stringify(failure))).toMatch(
      /before the answer was complete/,
    )
  })

  test('shows that the day’s tokens are spent', async () => {
    const { text, failure } = await ask(poor)
    expect(text).toBe('')
    expect(failure).toBeDefined()
    const { status, statusCode } = failure as { status?: number; statusCode?: number }
    expect(status ?? statusCode).toBe(429)
    expect(poor.upstream.calls).toHaveLength(0)
  })

  test('that aborts in mid-stream ends the upstream’s call', async () => {
    const leaving = new AbortController()
    house.upstream.next(half)
    await ask(house, { signal: leaving.signal, onText: () => leaving.abort() })
    await house.upstream.until((it) => it.open === 0)
    expect(house.upstream.calls[0]?.closedAt).toBeDefined()
    await expect.poll(() => house.logs.at(-1)).toMatchObject({ route: '/v1/responses', end: 'stopped' })
  })
})

describe.each(WITH_TOOLS)('%s with a tool', (name) => {
  const ask = CLIENTS[name] as (house: House, asking?: Asking) => Promise<Taken>

  test('calls it, sends back what it said, and shows the second answer', async () => {
    const cities: string[] = []
    house.upstream.next(events(wire(CALL)), events(wire(SUNNY)))
    const taken = await ask(house, { onCall: (city) => cities.push(city) })
    expect([cities, taken]).toEqual([['Paris'], { text: 'It is sunny.', failure: undefined }])
    const [first, second] = house.upstream.calls
    expect(first?.request.tools).toMatchObject([{ type: 'function', name: 'get_weather' }])
    expect(second?.request.input).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'function_call_output', call_id: 'call_Ab12Cd34Ef56' }),
      ]),
    )
    expect(JSON.stringify(second?.request.input)).toContain('sunny')
  })

  test('does not call it when the call was cut', async () => {
    const cities: string[] = []
    house.upstream.next(inOrder(begun(wire(CALL).slice(0, 4)), end))
    const { failure } = await ask(house, { onCall: (city) => cities.push(city) })
    expect([cities, failure]).toEqual([[], expect.anything()])
  })
})

describe('openai', () => {
  test('an answer that is not streamed', async () => {
    house.upstream.next(json(TEXT_ANSWER.at(-1)?.response))
    expect((await sdk(house).responses.create(QUESTION)).output_text).toBe(TEXT)
    await expect(sdk(poor).responses.create(QUESTION)).rejects.toMatchObject({
      status: 429,
      code: 'tokens_per_day_exceeded',
    })
  })

  const FORMAT = {
    type: 'json_schema',
    name: 'weather',
    strict: true,
    schema: PARAMETERS as Record<string, unknown>,
  } as const
  const FORMED = complete([...begin(), ...messageEvents(['{"city":', '"Paris"}'])])

  test('structured output, streamed and not', async () => {
    const asked = { ...QUESTION, text: { format: FORMAT } }
    house.upstream.next(events(wire(FORMED)), json(FORMED.at(-1)?.response))
    const streamed = await sdk(house).responses.stream(asked).finalResponse()
    const whole = await sdk(house).responses.parse(asked)
    expect([streamed.output_parsed, whole.output_parsed]).toEqual([{ city: 'Paris' }, { city: 'Paris' }])
    for (const { request } of house.upstream.calls) expect(request.text).toEqual({ format: FORMAT })
  })

  test('structured output that was cut is a failure', async () => {
    house.upstream.next(inOrder(begun(wire(FORMED).slice(0, 5)), end))
    const asked = { ...QUESTION, text: { format: FORMAT } }
    await expect(sdk(house).responses.stream(asked).finalResponse()).rejects.toThrow(/complete/)
  })

  test('goes on by itself with a `.stream()` of an answer in the background', async () => {
    house.upstream.next(events(wire(TEXT_ANSWER)))
    const openai = sdk(house)
    const { id } = await openai.responses.create({ ...QUESTION, background: true })
    const stream = openai.responses.stream({ response_id: id })
    expect((await stream.finalResponse()).output_text).toBe(TEXT)
  })
})

test('what an agent began in the background, OpenAI’s SDK reads to its end', async () => {
  house.upstream.next(events(wire(TEXT_ANSWER), 20))
  const model = new OpenAIResponsesModel(sdk(house), MODEL)
  const modelSettings = { providerData: { background: true } }
  const agent = new Agent({ name: 'talker', model, modelSettings })
  const leaving = new AbortController()
  const run = await new Runner().run(agent, 'Say hello.', { stream: true, signal: leaving.signal })
  const seen: Members[] = []
  for await (const { type, ...event } of run) {
    if (type !== 'raw_model_stream_event' || !('data' in event) || event.data.type !== 'model') continue
    seen.push(event.data.event as Members)
    if (seen.at(-1)?.type === 'response.output_text.delta') leaving.abort()
  }
  const { id } = (seen[0] as { response: { id: string } }).response
  const last = Number(seen.at(-1)?.sequence_number)
  for await (const event of await sdk(house).responses.retrieve(id, { stream: true, starting_after: last })) {
    seen.push(event as never)
  }
  expect(seen.map(({ type }) => type)).toEqual(TEXT_ANSWER.map(({ type }) => type))
  expect(house.upstream.calls).toHaveLength(1)
})

describe('curl', () => {
  const auth = () => ['-H', `authorization: ${callers[0]?.authorization}`]
  const post = (more: object) => [
    ...auth(),
    '-H',
    'content-type: application/json',
    '-d',
    JSON.stringify({ ...QUESTION, stream: true, ...more }),
    `${house.url}/v1/responses`,
  ]

  test('goes on with an answer in the background: two readings join to the byte', async () => {
    const goOn = Promise.withResolvers<void>()
    const [begins, rest] = [wire(TEXT_ANSWER).slice(0, 6), wire(TEXT_ANSWER).slice(6)]
    house.upstream.next(inOrder(begun(begins), () => goOn.promise, send(...rest), end))
    // It leaves in mid-answer.
    const first = await curl('-N', '-m', '1.5', ...post({ background: true }))
    expect(first.status).toBe(28)
    goOn.resolve()
    const whole = first.text.replaceAll(/^:.*\n/gm, '').match(/(?:.+\n)+\n/g) ?? []
    const id = /"id":"(resp_[^"]+)"/.exec(first.text)?.[1]
    const last = /"sequence_number":(\d+)/.exec(whole.at(-1) ?? '')?.[1]
    const resume = (after?: string) =>
      curl(
        '-N',
        ...auth(),
        `${house.url}/v1/responses/${id}?stream=true${after ? `&starting_after=${after}` : ''}`,
      )
    const second = await resume(last)
    expect([second.status, whole.length, Number(last)]).toEqual([0, 6, 5])
    expect(whole.join('') + second.text).toBe((await resume()).text)
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('shows a cut, and a refusal', async () => {
    house.upstream.next(cut)
    const { text, status } = await curl('-N', ...post({}))
    expect([status, text.match(/^event: .*$/gm)?.slice(-2)]).toEqual([
      0,
      ['event: error', 'event: response.failed'],
    ])
    const refused = await curl('-w', '\n%{http_code}', ...post({}).with(-1, `${poor.url}/v1/responses`))
    expect(refused.text).toMatch(/"code":"tokens_per_day_exceeded".*\n429$/)
  })
})
