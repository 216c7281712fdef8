import { describe, expect, test } from 'vitest'
import { readConfig } from '../../worker/config/config.ts'
import { ConfigError } from '../../worker/config/parsers.ts'
import { toBytes } from '../../worker/protocol/encode.ts'

const HASH = 'a'.repeat(64)

test('with nothing configured, the demo answers and no call can cost money', () => {
  const config = readConfig({})
  expect(config.upstream).toMatchObject({ kind: 'demo', speed: 1 })
  expect(config).toMatchObject({ models: undefined, defaultModel: 'millrace-demo' })
  expect(config).toMatchObject({ openAccess: false, accessKeys: [] })
})

test('with a key, OpenAI answers, and any of its models may be named', () => {
  const config = readConfig({ OPENAI_API_KEY: ' sk-1 ' })
  const openai = { name: undefined, baseUrl: 'https://api.openai.com/v1', apiKey: 'sk-1' }
  expect(config.upstream).toMatchObject({ kind: 'openai', all: [openai] })
  expect(config.models).toBeUndefined()
})

test('each setting reaches the configuration', () => {
  const config = readConfig({
    OPENAI_API_KEY: 'k',
    OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1/',
    MODELS: 'b, a,b',
    ACCESS_KEYS: `laptop:${HASH},ci:${HASH.toUpperCase()}`,
    OPEN_ACCESS: 'true',
    SILENCE_TIMEOUT_MS: '500',
    STREAM_KEEP_MS: '1000',
    RESPONSE_KEEP_MS: '86400000',
    LOCATION_HINT: 'weur',
  })
  expect(config.upstream).toMatchObject({ all: [{ baseUrl: 'http://127.0.0.1:11434/v1' }] })
  expect(config).toMatchObject({ models: ['b', 'a'], defaultModel: 'b', openAccess: true })
  expect(config.accessKeys).toEqual([
    { name: 'laptop', sha256: toBytes(HASH) },
    { name: 'ci', sha256: toBytes(HASH) },
  ])
  expect(config.deadlines.silence).toBe(500)
  expect(config.keeping).toEqual({ kept: 1000, abandoned: 300_000 })
  expect(config.responsesKept).toBe(86_400_000)
  expect(config.locationHint).toBe('weur')
})

test('usage is filled in for upstreams other than OpenAI and Azure, unless FILL_USAGE says otherwise', () => {
  const fill = (vars: object) => readConfig({ OPENAI_API_KEY: 'k', ...vars }).upstream.all[0]?.fillsUsage
  expect(fill({})).toBe(false)
  expect(fill({ OPENAI_BASE_URL: 'https://acme.openai.azure.com/openai/v1' })).toBe(false)
  expect(fill({ OPENAI_BASE_URL: 'https://notopenai.com/v1' })).toBe(true)
  expect(fill({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' })).toBe(true)
  expect(fill({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', FILL_USAGE: 'off' })).toBe(false)
  expect(fill({ FILL_USAGE: 'on' })).toBe(true)
  expect(readConfig({}).upstream.all[0]?.fillsUsage).toBe(false)
})

test('the field for the bound of an answer is the one that the upstream knows', () => {
  const fieldOf = (vars: Record<string, string>) => readConfig(vars).upstream.all[0]?.kind.outputBoundField
  const field = (vars: Record<string, string>) => fieldOf({ OPENAI_API_KEY: 'k', ...vars })
  expect(field({})).toBe('max_completion_tokens')
  expect(field({ OPENAI_BASE_URL: 'https://acme.openai.azure.com/openai/v1' })).toBe('max_completion_tokens')
  expect(field({ OPENAI_BASE_URL: 'https://notopenai.com/v1' })).toBe('max_tokens')
  expect(field({ OUTPUT_BOUND_FIELD: 'max_tokens' })).toBe('max_tokens')
  expect(fieldOf({ OPENAI_BASE_URL: 'https://notopenai.com/v1' })).toBe('max_completion_tokens')
})

describe('the settings of the gate', () => {
  test('let only holders of keys call, and only the Worker’s own page, if they are unset', () => {
    expect(readConfig({ OPENAI_API_KEY: 'k' })).toMatchObject({
      allowedOrigins: [],
      maxInputTokens: undefined,
      maxOutputTokens: undefined,
      visitors: { secret: undefined, systemPrompt: undefined, fields: new Set(), turnstile: undefined },
    })
  })

  test('reach the configuration, if they are set', () => {
    expect(
      readConfig({
        SESSION_SECRET: HASH,
        SYSTEM_PROMPT: ' You sell shoes. ',
        VISITOR_FIELDS: 'tools, image_url',
        TURNSTILE_SITE_KEY: '0xsite',
        TURNSTILE_SECRET: '0xsecret',
        MAX_INPUT_TOKENS: '1000',
        MAX_OUTPUT_TOKENS: 500,
      }),
    ).toMatchObject({
      maxInputTokens: 1000,
      maxOutputTokens: 500,
      visitors: {
        secret: HASH,
        systemPrompt: 'You sell shoes.',
        fields: new Set(['tools', 'image_url']),
        turnstile: {
          siteKey: '0xsite',
          secret: '0xsecret',
          verifyUrl: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
        },
      },
    })
  })

  test.each([
    ['https://shop.example', 'https://shop.example'],
    ['HTTPS://Shop.Example:443/', 'https://shop.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://192.168.0.2', 'http://192.168.0.2'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['https://*.shop.example', 'https://*.shop.example'],
    ['https://*.Shop.example:8443/', 'https://*.shop.example:8443'],
  ])('the origin %s is %s to a browser', (text, origin) => {
    expect(readConfig({ ALLOWED_ORIGINS: `${text}\n${text},` }).allowedOrigins).toEqual([origin])
  })
})

describe('moderation', () => {
  const read = (vars: object) => readConfig({ OPENAI_API_KEY: 'k', ...vars }).moderation

  test('nothing is judged if MODERATION is unset; by default text is held, and hidden if it can’t be judged', () => {
    expect(read({})).toEqual({
      input: false,
      output: false,
      ownersTools: [],
      mode: { kind: 'hold' },
      unreachable: 'closed',
      apis: [
        {
          url: 'https://api.openai.com/v1/moderations',
          apiKey: 'k',
          keyHeader: ['authorization', 'Bearer '],
          model: 'omni-moderation-latest',
        },
      ],
    })
  })

  test.each([
    ['off', false, false],
    ['input', true, false],
    ['output', false, true],
    ['both', true, true],
  ])('MODERATION=%s chooses what is judged', (MODERATION, input, output) => {
    expect(read({ MODERATION })).toMatchObject({ input, output })
  })

  test('MODERATION_MODE=retract says how far ahead text is shown', () => {
    expect(read({ MODERATION_MODE: 'retract' }).mode).toEqual({ kind: 'retract', lead: 1000 })
    expect(read({ MODERATION_MODE: 'retract', MODERATION_RETRACT_CHARS: '200' }).mode).toMatchObject({
      lead: 200,
    })
  })

  test('the upstream’s key goes to the upstream alone; the demo needs none', () => {
    expect(read({ OPENAI_BASE_URL: 'https://a.example/v1' }).apis[0]).toMatchObject({
      url: 'https://a.example/v1/moderations',
      apiKey: 'k',
    })
    const elsewhere = { MODERATION_URL: 'https://b.example/judge', MODERATION_MODEL: 'm' }
    expect(read(elsewhere).apis).toMatchObject([
      { url: 'https://b.example/judge', apiKey: undefined, model: 'm' },
    ])
    expect(read({ ...elsewhere, MODERATION_API_KEY: 'j' }).apis[0]).toMatchObject({ apiKey: 'j' })
    expect(readConfig({}).moderation.apis).toEqual([])
    expect(readConfig(elsewhere).moderation.apis[0]).toMatchObject({ url: 'https://b.example/judge' })
  })

  test('an answer that is ended here has its usage counted here', () => {
    expect(readConfig({ OPENAI_API_KEY: 'k', MODERATION: 'output' }).upstream.all[0]?.fillsUsage).toBe(true)
  })

  test.each([
    ['MODERATION', 'yes'],
    ['MODERATION_MODE', 'soft'],
    ['MODERATION_RETRACT_CHARS', '0'],
    ['MODERATION_UNREACHABLE', 'maybe'],
    ['MODERATION_URL', 'not an address'],
  ])('a wrong %s is named', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(new RegExp(`^${name} must be`))
  })
})

test('empty text is absence, as deploy forms send it; numbers and booleans of wrangler.toml are text', () => {
  expect(readConfig({ OPENAI_API_KEY: '', ACCESS_KEYS: ' ', MODELS: '' }).upstream.kind).toBe('demo')
  expect(readConfig({ DEMO_SPEED: 10, OPEN_ACCESS: true })).toMatchObject({
    openAccess: true,
    upstream: { speed: 10 },
  })
})

describe('a wrong value is named, and not repeated', () => {
  test.each([
    ['OPENAI_API_KEY', 'sk-secret\nsecond-line'],
    ['OPENAI_BASE_URL', 'api.openai.com'],
    ['STREAM_KEEP_MS', 'ten minutes'],
    ['RESPONSE_KEEP_MS', '2592000001'],
    ['STREAM_ABANDONED_MS', '0'],
    ['LOCATION_HINT', 'europe'],
    ['OPENAI_BASE_URL', 'ftp://secret.example'],
    ['OPENAI_BASE_URL', 'https://user:secret@example.com'],
    ['MODELS', ' , '],
    ['ACCESS_KEYS', 'mr_secret'],
    ['ACCESS_KEYS', `a:${HASH}, secret:123`],
    ['OPEN_ACCESS', 'secret'],
    ['DEMO_SPEED', '0'],
    ['DEMO_SPEED', 'secret'],
    ['FILL_USAGE', 'secret'],
    ['OUTPUT_BOUND_FIELD', 'secret'],
    ['SILENCE_TIMEOUT_MS', '-1'],
    ['TOTAL_TIMEOUT_MS', {}],
    ['SESSION_SECRET', 'secret'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'null'],
    ['ALLOWED_ORIGINS', 'secret.example'],
    ['ALLOWED_ORIGINS', 'https://*'],
    ['ALLOWED_ORIGINS', 'https://*.secret'],
    ['ALLOWED_ORIGINS', 'http://*.secret.example'],
    ['ALLOWED_ORIGINS', 'https://secret*.example.com'],
    ['ALLOWED_ORIGINS', 'https://a.*.secret.example'],
    ['ALLOWED_ORIGINS', 'https://*.*.secret.example'],
    ['ALLOWED_ORIGINS', 'https://secret.example/page'],
    ['ALLOWED_ORIGINS', 'https://secret.example/?a'],
    ['ALLOWED_ORIGINS', 'https://secret.example/#a'],
    ['ALLOWED_ORIGINS', 'https://user@secret.example'],
    ['ALLOWED_ORIGINS', 'https://:secret@a.example'],
    ['ALLOWED_ORIGINS', 'ftp://secret.example'],
    ['ALLOWED_ORIGINS', 'https://good.example, secret'],
    ['VISITOR_FIELDS', '__proto__'],
    ['VISITOR_FIELDS', 'tools, Secret'],
    ['VISITOR_FIELDS', 'tools;secret'],
    ['TURNSTILE_SITE_KEY', 'secret'],
    ['TURNSTILE_VERIFY_URL', 'secret.example'],
    ['MAX_INPUT_TOKENS', '0'],
    ['MAX_INPUT_TOKENS', '1.5'],
    ['MAX_OUTPUT_TOKENS', '-1'],
    ['MAX_OUTPUT_TOKENS', '1e4'],
    ['MAX_OUTPUT_TOKENS', 'secret'],
  ])('%s=%j', (name, value) => {
    const read = () => readConfig({ [name]: value })
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(name)
    expect(read).not.toThrow('secret')
  })

  test('two keys with the same name are refused', () => {
    expect(() => readConfig({ ACCESS_KEYS: `a:${HASH},a:${HASH}` })).toThrow('the name a is there twice')
  })
})
