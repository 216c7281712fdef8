/**
 * Whatever is sent to whichever route: the answer is one that the contract knows, never a 500; and what is refused has cost nothing.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { app } from '../worker/app.ts'
import { DONE } from '../worker/formats/chat-completions/wire.ts'
import { EVENT_STREAM } from '../worker/protocol/wire.ts'
import { createSessions } from '../worker/visitors/session.ts'

/** test/vitest.config.ts */
declare const FUZZ_SEED: number
const RUNS = 1000

const OWN = 'http://localhost'
const PAGE = 'https://shop.example'
const KEY = 'mr_q7wXs0mZ2kLr9tYb4nVd'
const SECRET = 'a secret of more than thirty-two characters'
const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(KEY))).toHex()
const VARS = {
  OPENAI_API_KEY: 'sk-1',
  MODELS: 'gpt-4o-mini',
  ACCESS_KEYS: `laptop:${hash}`,
  SESSION_SECRET: SECRET,
  ALLOWED_ORIGINS: PAGE,
  MAX_INPUT_TOKENS: '100',
}
const { token } = await createSessions(SECRET).open(PAGE, Date.now())

/** What an upstream would say to a question that is fine after all. */
function answered(init: RequestInit | undefined): Response {
  const text = new TextDecoder().decode(init?.body as Uint8Array)
  const { stream } = text.startsWith('{') ? JSON.parse(text) : {}
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }]
  if (stream !== true) return new Response(asStream(JSON.stringify({ choices })))
  const chunk = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }
  const body = asStream(`data: ${JSON.stringify(chunk)}\n\ndata: ${DONE}\n\n`)
  return new Response(body, { headers: { 'content-type': EVENT_STREAM } })
}

/** A JavaScript stream: workerd can't pipe one of its own from a `Response` that was made here. */
const asStream = (text: string) =>
  new ReadableStream({
    type: 'bytes',
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text))
      controller.close()
    },
  })

const outbound = vi.spyOn(globalThis, 'fetch')
const log = vi.spyOn(console, 'log')
beforeEach(() => {
  outbound.mockImplementation(async (_, init) => answered(init))
  log.mockImplementation(() => {})
})
afterEach(() => {
  outbound.mockReset()
  log.mockReset()
})

interface Sent {
  path: string
  method: string
  headers: Record<string, string>
  body: string | Uint8Array | undefined
}

const CONVERSATIONS = ['/v1/chat/completions', '/chat', '/v1/streams', '/v1/sessions']
const PASSED = ['/v1/embeddings', '/v1/images/generations', '/v1/audio/transcriptions']
const ROUTES = [...CONVERSATIONS, ...PASSED]
const OTHERS = ['/v1/streams/str_0', '/v1/models', '/v1/usage', '/healthz', '/', '/v1']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE']

const value = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
})
const odd = fc.constantFrom(
  '../..',
  '%00',
  '%0d%0aset-cookie:a=b',
  '%2e%2e',
  '//',
  'ſtreams',
  '?after=x',
  '?model=%0d%0a',
  '?timing',
)
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...CONVERSATIONS) },
  { weight: 2, arbitrary: fc.constantFrom(...PASSED) },
  { weight: 3, arbitrary: fc.constantFrom(...OTHERS) },
  fc.tuple(fc.constantFrom(...ROUTES, ...OTHERS), odd).map(([route, more]) => `${route}${more}`),
  fc.webPath().map((text) => `/${text}`),
)

const flipped = fc.nat(token.length - 1).map((at) => `${token.slice(0, at)}A${token.slice(at + 1)}`)
const wrong = fc.oneof(
  value,
  fc.constantFrom(`Bearer ${KEY}x`, `Basic ${KEY}`, 'Bearer'),
  flipped.map((it) => `Bearer ${it}`),
)
/** What names its sender, and mostly as it must be. */
type Credentials = Record<string, string>
const stranger: fc.Arbitrary<Credentials> = fc.record(
  {
    authorization: wrong,
    origin: fc.oneof(
      value,
      fc.constantFrom(PAGE, PAGE, OWN, 'null', `${PAGE}.evil.example`, `${PAGE}, ${OWN}`),
    ),
  },
  { requiredKeys: [] },
)
const holder = fc.constant({ authorization: `Bearer ${KEY}` })
const visitor = fc.constant({ authorization: `Bearer ${token}`, origin: PAGE })
const known: fc.Arbitrary<Credentials> = fc.oneof(holder, visitor)

const type = fc.oneof({ weight: 4, arbitrary: fc.constant('application/json') }, value)

const others = fc.record(
  {
    'content-type': type,
    'idempotency-key': value,
    'last-event-id': fc.oneof(value, fc.nat().map(String)),
    'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none'),
    'cf-connecting-ip': fc.oneof(value, fc.ipV4(), fc.ipV6()),
    'access-control-request-headers': value,
    cookie: value,
  },
  { requiredKeys: ['content-type'] },
) as fc.Arbitrary<Record<string, string>>

const anything = fc.jsonValue({ maxDepth: 4 })
const message = fc.record(
  {
    role: fc.oneof(fc.constantFrom('user', 'system', 'developer', 'assistant', 'tool', 'User'), anything),
    content: fc.oneof(
      fc.string({ unit: 'binary' }),
      anything,
      fc.array(fc.record({ type: fc.constantFrom('text', 'image_url'), text: anything })),
    ),
    name: anything,
    __proto__: anything,
  },
  { requiredKeys: [] },
)
const request = fc.record(
  {
    messages: fc.oneof(fc.array(message, { maxLength: 4 }), anything),
    model: fc.oneof(fc.constant('gpt-4o-mini'), anything),
    stream: fc.oneof(fc.boolean(), anything),
    stream_options: anything,
    max_tokens: fc.oneof(fc.integer(), anything),
    n: fc.oneof(fc.integer(), anything),
    tools: anything,
  },
  { requiredKeys: ['messages'] },
)
/** A question that is fine, but for some of its fields, or none. */
const nearly = fc
  .record({
    role: fc.constantFrom('user', 'user', 'user', 'system', 'assistant'),
    more: request,
    names: fc.subarray(['stream', 'stream_options', 'max_tokens', 'n', 'tools'] as const, { maxLength: 2 }),
  })
  .map(({ role, more, names }) => ({
    ...Object.fromEntries(names.map((name) => [name, more[name]])),
    messages: [{ role, content: 'hi' }],
  }))
/** What the other endpoints read. */
const passed = fc.record(
  {
    model: fc.oneof(fc.constant('gpt-4o-mini'), anything),
    input: fc.oneof(fc.constant('hi'), anything),
    prompt: fc.oneof(fc.constant('hi'), anything),
    n: fc.oneof(fc.integer(), anything),
    size: anything,
  },
  { requiredKeys: ['model', 'input', 'prompt'] },
)
const json = fc.oneof(request, nearly, passed).map((it) => JSON.stringify(it))
/** JSON with one character too many, too few, or changed. */
const broken = fc
  .tuple(json, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }), fc.nat(2))
  .map(([text, at, put, cut]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + put + text.slice(place + cut)
  })
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":', '{"messages":['), fc.nat(5000))
  .map(([open, times]) => open.repeat(times))
const long = fc
  .tuple(fc.constantFrom(' ', 'x', '龘', '\u0000'), fc.nat(200_000))
  .map(([sign, times]) => sign.repeat(times))
const body = fc.oneof(
  { weight: 5, arbitrary: json },
  { weight: 3, arbitrary: broken },
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array(),
  deep,
  long,
  fc.constant(undefined),
)

const sent = (who: fc.Arbitrary<Credentials>): fc.Arbitrary<Sent> =>
  fc.record({
    path,
    method: fc.oneof({ weight: 3, arbitrary: fc.constant('POST') }, fc.constantFrom(...METHODS)),
    headers: fc.tuple(others, who).map(([some, own]) => ({ ...some, ...own })),
    body,
  })

async function send({ path, method, headers, body }: Sent) {
  const bodiless = method === 'GET' || method === 'HEAD'
  const context = createExecutionContext()
  const asked = new Request(`${OWN}${path}`, {
    method,
    headers,
    ...(!bodiless && body !== undefined && { body }),
  })
  const route = new URL(asked.url).pathname
  const response = await app.fetch(asked, { ...VARS }, context)
  const text = await textOf(response, route)
  await waitOnExecutionContext(context)
  return { response, text, route }
}

/** A durable stream goes on without its reader, and is not waited for. */
async function textOf(response: Response, route: string): Promise<string> {
  if (response.status >= 400 || !route.startsWith('/v1/streams')) return response.text()
  await response.body?.cancel()
  return ''
}

const envelope = {
  error: {
    message: expect.any(String),
    type: expect.stringMatching(/^\w+_error$/),
    param: expect.toSatisfy((param) => param === null || typeof param === 'string'),
    code: expect.stringMatching(/^[a-z_]+$/),
  },
}

/** What every answer is, whoever asks. @returns the code of a refusal */
async function expectKnown(it: Sent): Promise<string | undefined> {
  const { response, text, route } = await send(it)
  const { status, headers } = response
  expect(status, text).toBeLessThan(500)
  expect(headers.get('x-request-id')).toBeTruthy()
  expect(headers.get('vary')).toContain('Origin')
  // Every page may read why it is refused, and no other answer.
  const readers = [null, PAGE, OWN, ...(text.includes('origin_not_allowed') ? ['*'] : [])]
  if (it.method !== 'OPTIONS' && it.method !== 'HEAD') {
    expect(readers).toContain(headers.get('access-control-allow-origin'))
  }
  expect(headers.has('set-cookie')).toBe(false)
  if (status < 400) return undefined
  if (it.method === 'HEAD') {
    expect(text).toBe('')
    return 'none'
  }
  if (route === '/chat') {
    expect(text).toMatch(/^[a-z_]+: [^\n\r]+\n$/)
    return text.split(':')[0]
  }
  expect(JSON.parse(text)).toEqual(envelope)
  return JSON.parse(text).error.code
}

test(`from who may not ask, by the seed ${FUZZ_SEED}: refused, and nothing upstream`, async () => {
  await fc.assert(
    fc.asyncProperty(sent(stranger), async (it) => {
      await expectKnown(it)
      expect(outbound).not.toHaveBeenCalled()
    }),
    { numRuns: RUNS, seed: FUZZ_SEED },
  )
})

test(`from who may, by the seed ${FUZZ_SEED}: answered, or refused, and then nothing upstream`, async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(sent(known), async (it) => {
      outbound.mockClear()
      const code = await expectKnown(it)
      if (code !== undefined) expect(outbound).not.toHaveBeenCalled()
      seen.set(code ?? 'answered', (seen.get(code ?? 'answered') ?? 0) + 1)
    }),
    { numRuns: RUNS, seed: FUZZ_SEED },
  )
  // Or it would prove less than it says: guards that nobody came to.
  expect(seen.get('answered')).toBeGreaterThan(RUNS / 50)
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining([
      'invalid_json',
      'invalid_messages',
      'role_not_allowed',
      'prompt_too_long',
      'field_not_allowed',
    ]),
  )
})
