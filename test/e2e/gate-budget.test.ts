/** What may be spent: put aside before the call, settled at what was used, and never more than is allowed. */
import OpenAI, { RateLimitError } from 'openai'
import { describe, expect, test } from 'vitest'
import type { ChatRequest } from '../../worker/formats/chat-completions/wire.ts'
import { ask, QUESTION, receive, refusal } from '../support/caller.ts'
import { keys, openStream, ROUTES, type Sent, usageOf, VISITORS, visit } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { dataUrl, ihdr, png } from '../support/pictures.ts'
import { cut, end, hang, inOrder, reset, type Script, send, wait } from '../support/script.ts'
import { begun, events, failing, json, streamHead } from '../support/scripts.ts'
import { settledUsage } from '../support/settled-usage.ts'
import { chunk, completion, DONE_EVENT, delta, event, role, USAGE } from '../support/sse.ts'

const { ACCESS_KEYS, newCaller } = keys(100)
const BUDGET = 2000
const house = useHouse({
  ...VISITORS,
  ACCESS_KEYS,
  MODELS: 'gpt-test',
  KEY_DAILY_TOKENS: String(BUDGET),
  VISITOR_DAILY_TOKENS: '5000',
  VISITOR_CONCURRENCY: '2',
  MAX_OUTPUT_TOKENS: '1000',
  // What came is counted, to the token. The work that can't be seen is charged in the other house.
  UNSEEN_TOKENS_PER_SECOND: '0',
})

const PER_MS = 50

/** Nobody bounds an answer but its caller. */
const unbounded = useHouse({
  ...VISITORS,
  ACCESS_KEYS,
  MODELS: 'gpt-test,gpt-4o-mini',
  KEY_DAILY_TOKENS: '50000',
  UNSEEN_TOKENS_PER_SECOND: String(PER_MS * 1000),
})

/** Its owner states what a file can cost. */
const filing = useHouse({
  ...VISITORS,
  ACCESS_KEYS,
  MODELS: 'gpt-test',
  KEY_DAILY_TOKENS: '50000',
  MAX_PART_TOKENS: '20000',
})

/** `Say hello.`: see usage.test.ts. */
const PROMPT = 10

const reasoning = (text: string) => event(chunk({ reasoning_content: text }))

const HI = [role(), delta('Hi')]

/** The same answer streamed and unstreamed, with this usage; streamed, where it is asked for. */
function costing(prompt_tokens: number, completion_tokens: number): Script {
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
  return (reply) => {
    const { stream, stream_options } = reply.call.request as Partial<ChatRequest>
    const told = stream_options?.include_usage ? [event(chunk({}, { choices: [], usage }))] : []
    return (stream ? events([...HI, ...told, DONE_EVENT]) : json(completion('Hi', { usage })))(reply)
  }
}

const settled = (headers: Sent, { url } = house) => settledUsage(url, headers)

/** Asserts: from a moment between `asked` and now it is so many seconds, rounded, until `end`. */
function expectUntil(end: number, seconds: number, asked: number) {
  expect(seconds * 1000).toBeGreaterThan(end - Date.now() - 1000)
  expect(seconds * 1000).toBeLessThan(end - asked + 1000)
}

describe.each(ROUTES)('a call, %s', (route, ask) => {
  test('is reserved for before it is made, and settled at what the upstream counted', async () => {
    const headers = newCaller()
    let reserved: unknown
    house.upstream.next(async (reply) => {
      reserved = (await usageOf(house.url, headers)).tokens
      await costing(100, 23)(reply)
    })
    const response = await ask(house.url, { max_completion_tokens: 500 }, { headers })
    expect(reserved).toEqual({ used: 0, reserved: PROMPT + 500, limit: BUDGET, left: BUDGET - PROMPT - 500 })
    expect(response.headers.get('x-ratelimit-limit-tokens')).toBe(String(BUDGET))
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe(String(BUDGET - PROMPT - 500))
    expect(response.headers.get('x-ratelimit-reset-tokens')).toMatch(/^(\d+h)?(\d+m)?[\d.]+s$/)
    await receive(response)
    expect((await settled(headers)).tokens).toEqual({
      used: 123,
      reserved: 0,
      limit: BUDGET,
      left: BUDGET - 123,
    })
  })

  test('that does not fit is refused, and the upstream hears nothing of it', async () => {
    const headers = newCaller()
    house.upstream.next(costing(1000, 500))
    await receive(await ask(house.url, {}, { headers }))
    await settled(headers)
    await house.upstream.clear()
    const asked = Date.now()
    const response = await ask(house.url, { max_tokens: 491 }, { headers })
    expect(house.upstream.calls).toHaveLength(0)
    expect(response.status).toBe(429)
    const wait = Number(response.headers.get('retry-after'))
    const midnight = new Date().setUTCHours(24, 0, 0, 0)
    expectUntil(midnight, wait, asked)
    expect(Number(response.headers.get('retry-after-ms'))).toBeGreaterThan(wait * 1000 - 1000)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe('500')
    const today = new Date(midnight).toISOString().slice(0, 19)
    const message = `This call may take 501 tokens; of your 2,000 for today 500 are left, until ${today}Z.`
    if (route === '/chat') expect(await response.text()).toBe(`tokens_per_day_exceeded: ${message}\n`)
    else {
      expect(await refusal(response)).toEqual({
        message,
        type: 'rate_limit_error',
        param: null,
        code: 'tokens_per_day_exceeded',
      })
    }
    // And one that does fit is answered.
    house.upstream.next(costing(10, 490))
    expect((await ask(house.url, { max_tokens: 490 }, { headers })).ok).toBe(true)
  })

  test('that the upstream refused used nothing; its own limits stay the owner’s', async () => {
    const headers = newCaller()
    house.upstream.next(
      failing(
        429,
        {},
        { 'retry-after': '30', 'x-ratelimit-remaining-tokens': '7', 'x-ratelimit-limit-requests': '3' },
      ),
    )
    const response = await ask(house.url, {}, { headers })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('30')
    expect(response.headers.get('x-ratelimit-limit-tokens')).toBe(String(BUDGET))
    expect(response.headers.get('x-ratelimit-limit-requests')).toBeNull()
    await receive(response)
    expect((await settled(headers)).tokens.used).toBe(0)
  })
})

describe('hidden reasoning, behind one word', () => {
  test.each(ROUTES)('is settled, whether or not its caller asks for usage, %s', async (_, ask) => {
    for (const fields of [{}, { stream_options: { include_usage: true } }]) {
      const headers = newCaller()
      house.upstream.next(costing(PROMPT, 900))
      await receive(await ask(house.url, fields, { headers }))
      expect((await settled(headers)).tokens.used).toBe(PROMPT + 900)
    }
  })
})

describe('without the upstream’s count: the estimate', () => {
  const some = begun([role(), ...['one', ' two', ' three'].map(delta)])
  const streamed = ROUTES.filter(([name]) => name !== 'unstreamed')

  const endings: [string, Script, number][] = [
    ['cut by the upstream', inOrder(some, cut), PROMPT + 3],
    [
      'cut after much reasoning',
      inOrder(begun([role(), ...['one', ' two', ' three'].map(reasoning)]), cut),
      PROMPT + 3,
    ],
    ['reset after its head', inOrder(streamHead(), wait(50), reset), PROMPT],
    ['sent whole, where a stream was asked for', json(completion('Hi')), USAGE.total_tokens],
  ]
  const cases = endings.flatMap(([ending, ...rest]) =>
    streamed.map(([route, ask]) => [ending, route, ask, ...rest] as const),
  )
  test.each(cases)('%s, %s', async (_, _route, ask, script, used) => {
    const headers = newCaller()
    house.upstream.next(script)
    await receive(await ask(house.url, {}, { headers }))
    expect((await settled(headers)).tokens).toMatchObject({ used, reserved: 0 })
  })

  test.each(streamed.slice(0, 2))('abandoned by its caller in mid-answer, %s', async (_, ask) => {
    const headers = newCaller()
    house.upstream.next(inOrder(some, hang))
    const leave = new AbortController()
    const response = await ask(house.url, {}, { headers, signal: leave.signal })
    const reader = response.body?.getReader()
    let text = ''
    while (!text.includes('three')) text += new TextDecoder().decode((await reader?.read())?.value)
    leave.abort()
    expect((await settled(headers)).tokens).toMatchObject({ used: PROMPT + 3, reserved: 0 })
  })

  test.each(streamed)('cut, with tools: no less than was put aside for the prompt, %s', async (_, ask) => {
    const headers = newCaller()
    const description = 'word '.repeat(800)
    const tools = [{ type: 'function', function: { name: 'f', description } }]
    let reserved = 0
    house.upstream.next(
      inOrder(
        async () => {
          reserved = (await usageOf(house.url, headers)).tokens.reserved
        },
        begun([role(), delta('one')]),
        cut,
      ),
    )
    await receive(await ask(house.url, { tools, max_tokens: 50 }, { headers }))
    const { used } = (await settled(headers)).tokens
    expect(used).toBeGreaterThan(PROMPT + 800)
    expect(used).toBe(reserved - 50 + 1)
  })

  test.each(ROUTES.slice(0, 3))(
    'abandoned before its first byte, %s: the prompt was read',
    async (_, ask) => {
      const headers = newCaller()
      house.upstream.next(hang)
      const leave = new AbortController()
      const asked = ask(house.url, {}, { headers, signal: leave.signal }).catch(() => undefined)
      await house.upstream.call(1)
      leave.abort()
      await asked
      expect((await settled(headers)).tokens).toMatchObject({ used: PROMPT, reserved: 0 })
    },
  )
})

describe('work that can’t be seen is charged by the time that it took', () => {
  const OUTPUT = 16_384

  /** What a call is charged, by the budget and by the log, which agree. */
  async function charged(headers: Sent, start: number): Promise<number> {
    const { used, reserved } = (await settled(headers, unbounded)).tokens
    expect(reserved).toBe(0)
    const line = () => unbounded.logs.slice(start).find((line) => 'charged_tokens' in line)
    await expect.poll(() => line()?.charged_tokens).toBe(used)
    return used
  }

  test.each(ROUTES.slice(0, 3))('%s: left before the first byte', async (_, ask) => {
    const [headers, start] = [newCaller(), unbounded.logs.length]
    unbounded.upstream.next(hang)
    const leave = new AbortController()
    const asked = ask(unbounded.url, {}, { headers, signal: leave.signal }).catch(() => undefined)
    const { at } = await unbounded.upstream.call(1)
    const ms = performance.now() - at
    leave.abort()
    await asked
    const used = await charged(headers, start)
    expect(used).toBeGreaterThan(PROMPT + Math.floor(ms) * PER_MS)
    expect(used).toBeLessThanOrEqual(PROMPT + OUTPUT)
  })

  test.each(ROUTES.slice(1))('%s: one word after 100 ms of thought, and a cut', async (_, ask) => {
    const [headers, start] = [newCaller(), unbounded.logs.length]
    unbounded.upstream.next(inOrder(begun([role()]), wait(100), send(delta('one')), cut))
    await receive(await ask(unbounded.url, {}, { headers }))
    expect(await charged(headers, start)).toBeGreaterThanOrEqual(PROMPT + 99 * PER_MS)
  })

  test.each(ROUTES)('%s: a 504 after more than a second, and then an answer', async (_, ask) => {
    const [headers, start] = [newCaller(), unbounded.logs.length]
    const late = inOrder(wait(1100), failing(504, {}, { 'retry-after-ms': '0' }))
    unbounded.upstream.next(late, costing(PROMPT, 5))
    await receive(await ask(unbounded.url, {}, { headers }))
    // Both the attempts, and no more than was put aside.
    expect(await charged(headers, start)).toBe(PROMPT + OUTPUT)
  })
})

describe('an upstream that ignores its bound', () => {
  /** Says a word every 10 ms, as long as somebody listens. */
  const endless = begun([role(), ...Array<string>(3000).fill(delta(' word'))], 10)

  test.each(ROUTES.slice(1))('%s: the answer ends as `length`, and the call with it', async (route, ask) => {
    const headers = newCaller()
    house.upstream.next(endless)
    const start = house.logs.length
    const { text, error } = await receive(await ask(house.url, { max_tokens: 50 }, { headers }))
    const found = () => house.logs.slice(start).find((line) => line.end === 'budget')
    await expect.poll(found).toBeDefined()
    await house.upstream.until(({ open }) => open === 0)
    expect(error).toBeUndefined()
    if (route !== '/chat') expect(text).toMatch(/"finish_reason":"length"[\s\S]*\[DONE\]\n\n$/)
    if (route === '/v1/streams') expect(text).toContain('"state":"budget"')
    const { used } = (await settled(headers)).tokens
    // All of it was billed: the account is true, though it passes what was put aside.
    expect(used).toBe((found()?.prompt_tokens as number) + (found()?.completion_tokens as number))
    expect(used).toBeGreaterThan(PROMPT + 50)
  })
})

describe('an answer that nobody bounds', () => {
  const sent = async () => (await unbounded.upstream.call(1)).request

  test.each([
    [{}, 16_384],
    [{ n: 128 }, 128],
  ])('unstreamed, %j: is bounded at what is put aside for it', async (fields, bound) => {
    const response = await ask(unbounded.url, { ...QUESTION, ...fields }, { headers: newCaller() })
    expect(await sent()).toEqual({ ...QUESTION, ...fields, max_tokens: bound })
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe(String(50_000 - PROMPT - 16_384))
  })

  test.each(ROUTES.slice(1))('%s: is bounded at what is put aside for it', async (_, ask) => {
    const response = await ask(unbounded.url, { n: 128 }, { headers: newCaller() })
    expect(await sent()).toMatchObject({ max_tokens: 128 })
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe(String(50_000 - PROMPT - 16_384))
    await receive(response)
  })
})

test.each(ROUTES)(
  'a bound in a field that the upstream does not read, %s: goes into the one it reads',
  async (_, ask) => {
    const asked = { max_completion_tokens: 50, max_tokens: 900 }
    const response = await ask(unbounded.url, asked, { headers: newCaller() })
    const { request } = await unbounded.upstream.call(1)
    expect(request).toMatchObject({ max_tokens: 50 })
    expect(request).not.toHaveProperty('max_completion_tokens')
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe(String(50_000 - PROMPT - 50))
    await receive(response)
  },
)

describe.each(ROUTES)('a bound that no budget has room for, %s', (_, ask) => {
  test.each([
    [{ max_tokens: 2e9 }, '1,000,000,010'],
    [{ max_completion_tokens: Number.MAX_SAFE_INTEGER, n: 128 }, '1,000,000,010'],
  ])('%j is refused as more than a day has', async (fields, needed) => {
    const response = await ask(unbounded.url, fields, { headers: newCaller() })
    expect(response.status).toBe(429)
    expect(response.headers.get('x-should-retry')).toBe('false')
    const text = await response.text()
    expect(text).toContain('tokens_per_day_exceeded')
    expect(text).toContain(`This call may take ${needed} tokens, more than your 50,000 for a day`)
    expect(unbounded.upstream.calls).toHaveLength(0)
  })
})

describe.each(ROUTES)('a question with a picture, %s', (route, ask) => {
  const fields = (model: string, url: string) => ({
    model,
    max_tokens: 50,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Say hello.' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
  })

  test.each([
    ['of 512 × 512 pixels', dataUrl(png(512, 512)), 8500],
    ['whose size can’t be known', dataUrl(png(512, 512, ihdr(1, 1))), 48_169],
  ])('%s is reserved for by its model’s rule', async (_, url, tokens) => {
    const response = await ask(unbounded.url, fields('gpt-4o-mini', url), { headers: newCaller() })
    expect(response.ok).toBe(true)
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe(String(50_000 - PROMPT - tokens - 50))
    await receive(response)
  })

  test('that has no known bound is refused, and the upstream hears nothing of it', async () => {
    const response = await ask(unbounded.url, fields('gpt-test', dataUrl(png(8, 8))), {
      headers: newCaller(),
    })
    expect(response.status).toBe(400)
    expect(response.headers.get('x-should-retry')).toBe('false')
    if (route === '/chat')
      expect(await response.text()).toMatch(/^cost_unknown: .*`messages\[0\]\.content\[1\]`/)
    else
      expect(await refusal(response)).toMatchObject({ code: 'cost_unknown', param: 'messages[0].content[1]' })
    expect(unbounded.upstream.calls).toHaveLength(0)
  })
})

describe.each(ROUTES)('a question with files, %s', (_, ask) => {
  const files = Array.from({ length: 500 }, () => ({ type: 'file' }))
  const parts = (count: number, messages = 1) => ({
    max_tokens: 50,
    messages: Array.from({ length: messages }, () => ({ role: 'user', content: files.slice(0, count) })),
  })

  test('is reserved for at what the owner states for each', async () => {
    const response = await ask(filing.url, parts(2), { headers: newCaller() })
    expect(Number(response.headers.get('x-ratelimit-remaining-tokens'))).toBeLessThanOrEqual(10_000 - 50)
    await receive(response)
  })

  test('with more than any budget has room for, is refused', async () => {
    const response = await ask(filing.url, parts(500, 101), { headers: newCaller() })
    expect(response.status).toBe(429)
    expect(await response.text()).toContain('tokens_per_day_exceeded')
    expect(filing.upstream.calls).toHaveLength(0)
  })
})

describe('calls at once', () => {
  test.each(ROUTES.slice(1))(
    '%s: a place is held until the answer ends, not until it begins',
    async (_, ask) => {
      const headers = await visit(house.url)
      const finish = Promise.withResolvers<void>()
      const held: Script = inOrder(begun([role(), delta('Hi')]), () => finish.promise, send(DONE_EVENT), end)
      house.upstream.next(held, held)
      const answers = [
        await ask(house.url, { max_tokens: 10 }, { headers }),
        await ask(house.url, { max_tokens: 10 }, { headers }),
      ]
      expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining-requests'))).toEqual(['1', '0'])
      const third = await ask(house.url, { max_tokens: 10 }, { headers })
      expect(third.status).toBe(429)
      expect(third.headers.get('retry-after')).toBe('2')
      expect(third.headers.get('x-should-retry')).toBe('true')
      expect(third.headers.get('x-ratelimit-limit-requests')).toBe('2')
      expect(await third.text()).toContain('concurrency_exceeded')
      expect(house.upstream.calls).toHaveLength(2)
      finish.resolve()
      await Promise.all(answers.map((answer) => receive(answer)))
      await settled(headers)
      expect((await ask(house.url, { max_tokens: 10 }, { headers })).ok).toBe(true)
    },
  )
})

describe('OpenAI’s SDK', () => {
  const client = (headers: Sent, maxRetries: number) =>
    new OpenAI({
      baseURL: `${house.url}/v1`,
      apiKey: headers.authorization?.replace('Bearer ', '') ?? '',
      maxRetries,
      logLevel: 'off',
      defaultHeaders: { ...headers },
    })
  const create = (sdk: OpenAI) =>
    sdk.chat.completions.create({ model: 'gpt-test', messages: [{ role: 'user', content: 'Say hello.' }] })

  test('waits as long as it is told to, and then has its place', async () => {
    const headers = await visit(house.url)
    const finish = Promise.withResolvers<void>()
    const held: Script = inOrder(() => finish.promise, json(completion('Hi')))
    house.upstream.next(held, held)
    const both = [create(client(headers, 0)), create(client(headers, 0))]
    await house.upstream.call(2)
    const began = performance.now()
    // Once or more often, as the machine is slow to see the refusal.
    const third = create(client(headers, 5))
    await expect.poll(() => house.logs.at(-1)?.code).toBe('concurrency_exceeded')
    finish.resolve()
    await Promise.all(both)
    expect((await third).choices[0]?.message.content).toBe('Hello, world!')
    expect(performance.now() - began).toBeGreaterThan(1900)
  })

  test('does not try again what can’t be had today', async () => {
    const headers = newCaller()
    house.upstream.next(costing(1999, 0))
    await create(client(headers, 3))
    await settled(headers)
    const start = house.logs.length
    await expect(create(client(headers, 3))).rejects.toBeInstanceOf(RateLimitError)
    const refusals = () => house.logs.slice(start).filter(({ code }) => code === 'tokens_per_day_exceeded')
    await expect.poll(refusals).toHaveLength(1)
    expect(house.upstream.calls).toHaveLength(1)
  })
})

describe('GET /v1/usage', () => {
  test('says what is used, what is left, and until when', async () => {
    const headers = await visit(house.url)
    house.upstream.next(costing(30, 12))
    await receive(await openStream(house.url, {}, { headers }))
    await settled(headers)
    const asked = Date.now()
    const response = await fetch(`${house.url}/v1/usage`, { headers })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe('4958')
    const midnight = new Date().setUTCHours(24, 0, 0, 0)
    const usage = (await response.json()) as Awaited<ReturnType<typeof usageOf>>
    expect(usage).toEqual({
      object: 'usage',
      tokens: { used: 42, reserved: 0, limit: 5000, left: 4958 },
      calls: { running: 0, limit: 2 },
      resets_at: midnight / 1000,
      resets_in: expect.any(Number),
    })
    expectUntil(midnight, usage.resets_in, asked)
  })

  test('is each caller’s own, and nobody’s without a key', async () => {
    const [one, other] = [newCaller(), newCaller()]
    house.upstream.next(costing(5, 5))
    await receive(await openStream(house.url, {}, { headers: one }))
    expect((await settled(one)).tokens.used).toBe(10)
    expect((await usageOf(house.url, other)).tokens.used).toBe(0)
    expect((await fetch(`${house.url}/v1/usage`)).status).toBe(401)
  })
})
