import { describe, expect, test } from 'vitest'
import { readConfig } from '../../worker/config/config.ts'
import { ConfigError } from '../../worker/config/parsers.ts'
import { secretsOf } from '../../worker/config/secrets.ts'
import type { RouteStep } from '../../worker/config/upstreams.ts'

const AZURE = 'https://r.openai.azure.com/openai/v1'
const OPENAI = 'https://api.openai.com/v1'
const GROQ = 'https://api.groq.com/openai/v1'
const TWO = {
  UPSTREAMS: `azure=${AZURE}, openai=${OPENAI}`,
  UPSTREAM_KEY_AZURE: 'a-key',
  UPSTREAM_KEY_OPENAI: 'o-key',
}

describe('UPSTREAMS', () => {
  test('are asked in their order, each with its own key', () => {
    const { upstream, models } = readConfig(TWO)
    expect(upstream).toMatchObject({
      kind: 'openai',
      all: [
        { name: 'azure', baseUrl: AZURE, apiKey: 'a-key', kind: { keyHeader: ['api-key', ''] } },
        {
          name: 'openai',
          baseUrl: OPENAI,
          apiKey: 'o-key',
          kind: { keyHeader: ['authorization', 'Bearer '] },
        },
      ],
    })
    expect(models).toBeUndefined()
  })

  test.each([
    ['spaces and lines', ` azure = ${AZURE}/ ,\n openai =${OPENAI}`],
    ['a slash at the end', `azure=${AZURE}/,openai=${OPENAI}//`],
  ])('may have %s', (_, UPSTREAMS) => {
    expect(readConfig({ ...TWO, UPSTREAMS }).upstream.all).toMatchObject([
      { baseUrl: AZURE },
      { baseUrl: OPENAI },
    ])
  })

  test('a name with a dash has its key under an underscore', () => {
    const vars = { UPSTREAMS: `my-own-2=http://10.0.0.5:8000/v1`, UPSTREAM_KEY_MY_OWN_2: 'k' }
    expect(readConfig(vars).upstream.all).toMatchObject([{ name: 'my-own-2', apiKey: 'k' }])
  })

  test('a server of one’s own needs no key', () => {
    const { upstream } = readConfig({ UPSTREAMS: 'vllm=http://10.0.0.5:8000/v1' })
    expect(upstream.all).toMatchObject([{ name: 'vllm', apiKey: undefined }])
  })

  test('their keys and hosts are secrets', () => {
    const { values, hosts } = secretsOf(readConfig(TWO))
    expect(values).toEqual(expect.arrayContaining(['a-key', 'o-key']))
    expect(hosts).toEqual(expect.arrayContaining(['r.openai.azure.com', 'api.openai.com']))
  })

  test('the one of OPENAI_BASE_URL has no name, and its key is sent as OpenAI’s', () => {
    const { upstream } = readConfig({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: AZURE })
    const kind = { keyHeader: ['authorization', 'Bearer '] }
    expect(upstream.all).toMatchObject([{ name: undefined, baseUrl: AZURE, apiKey: 'k', kind }])
  })

  test('moderations are asked for where they are, each with that upstream’s key', () => {
    const apisOf = (vars: object) => readConfig({ ...TWO, ...vars }).moderation.apis
    const model = 'omni-moderation-latest'
    const keyHeader = ['authorization', 'Bearer ']
    expect(apisOf({})).toEqual([{ url: `${OPENAI}/moderations`, apiKey: 'o-key', keyHeader, model }])
    const proxy = { UPSTREAMS: `${TWO.UPSTREAMS}, proxy=https://p.example/v1`, UPSTREAM_KEY_PROXY: 'p-key' }
    expect(apisOf(proxy)).toMatchObject([
      { apiKey: 'o-key' },
      { url: 'https://p.example/v1/moderations', apiKey: 'p-key' },
    ])
    const one = { ...proxy, MODERATION_API_KEY: 'judge-key' }
    expect(apisOf(one)).toMatchObject([{ apiKey: 'judge-key' }, { apiKey: 'p-key' }])
    expect(apisOf({ MODERATION_URL: 'https://j.example/judge' })).toMatchObject([{ apiKey: undefined }])
    expect(apisOf({ MODERATION_URL: `${AZURE}/judge` })).toMatchObject([
      { apiKey: 'a-key', keyHeader: ['api-key', ''] },
    ])
  })
})

describe('MODEL_ROUTES', () => {
  const routesOf = (MODEL_ROUTES: string) => readConfig({ ...TWO, MODEL_ROUTES }).upstream.routes

  test.each<[string, Record<string, RouteStep[]>]>([
    ['m = openai', { m: [{ upstream: 'openai' }] }],
    [
      'm=azure/my-deployment,openai',
      { m: [{ upstream: 'azure', model: 'my-deployment' }, { upstream: 'openai' }] },
    ],
    ['m = openai/@cf/meta/llama:8b', { m: [{ upstream: 'openai', model: '@cf/meta/llama:8b' }] }],
    ['m = azure @5s, openai', { m: [{ upstream: 'azure', firstToken: 5000 }, { upstream: 'openai' }] }],
    ['m = azure @800ms #128k', { m: [{ upstream: 'azure', firstToken: 800, window: 128_000 }] }],
    ['m = azure #1M @0.5s', { m: [{ upstream: 'azure', firstToken: 500, window: 1_000_000 }] }],
    ['m = azure #8192', { m: [{ upstream: 'azure', window: 8192 }] }],
    ['m = azure; n = openai;', { m: [{ upstream: 'azure' }], n: [{ upstream: 'openai' }] }],
    ['m = azure\nn = openai\n', { m: [{ upstream: 'azure' }], n: [{ upstream: 'openai' }] }],
    ['meta/llama-4:free = openai', { 'meta/llama-4:free': [{ upstream: 'openai' }] }],
  ])('%j', (text, routes) => {
    expect(routesOf(text)).toEqual(routes)
  })

  test('the first one is the default, where MODELS names none', () => {
    const MODEL_ROUTES = 'fast = openai; slow = azure'
    expect(readConfig({ ...TWO, MODEL_ROUTES }).defaultModel).toBe('fast')
    expect(readConfig({ ...TWO, MODEL_ROUTES, MODELS: 'slow,fast' }).defaultModel).toBe('slow')
  })
})

describe('a wrong value is named, with its form, and not repeated', () => {
  test.each<[string, Record<string, unknown>]>([
    ['UPSTREAMS: entry 1 is not of the form name=https://host/v1', { UPSTREAMS: 'https://secret.example' }],
    ['UPSTREAMS: entry 1 is not of the form name=https://host/v1', { UPSTREAMS: 'Secret=https://a.example' }],
    [
      'UPSTREAMS: entry 2 must be an http(s) address such as b=https://host/v1',
      { UPSTREAMS: 'a=http://a, b=secret' },
    ],
    ['UPSTREAMS: entry 1 must be', { UPSTREAMS: 'a=https://user:secret@a.example/v1' }],
    ['UPSTREAMS: entry 1 must be', { UPSTREAMS: 'a=https://a.example/v1?key=secret' }],
    ['UPSTREAMS must name at least one', { UPSTREAMS: ' , ' }],
    [
      'UPSTREAM_KEY_AZURE is the key of none of UPSTREAMS',
      { OPENAI_API_KEY: 'k', UPSTREAM_KEY_AZURE: 'secret' },
    ],
    ['UPSTREAMS: the name a is there twice', { UPSTREAMS: 'a=http://a, a=http://secret' }],
    ['UPSTREAM_KEY_AZURE must have the key of azure', { ...TWO, UPSTREAM_KEY_AZURE: '' }],
    ['UPSTREAM_KEY_AZUR is the key of none of UPSTREAMS', { ...TWO, UPSTREAM_KEY_AZUR: 'secret' }],
    [
      'UPSTREAM_KEY_AZURE is the key of none of UPSTREAMS',
      { UPSTREAM_KEY_AZURE: 'secret', UPSTREAMS: 'b=http://b' },
    ],
    ['UPSTREAM_KEY_AZURE has a character', { ...TWO, UPSTREAM_KEY_AZURE: 'secret\nline' }],
    [
      'UPSTREAMS stands in place of OPENAI_BASE_URL',
      { ...TWO, OPENAI_BASE_URL: 'https://secret.example/v1' },
    ],
    ['MODEL_ROUTES needs UPSTREAMS', { OPENAI_API_KEY: 'k', MODEL_ROUTES: 'secret = a' }],
    ...[
      'secret',
      '= azure',
      'secret =',
      'secret = Azure',
      'secret = azure/',
      'secret = azure, ,openai',
      'two words = azure',
    ].map((MODEL_ROUTES): [string, Record<string, unknown>] => [
      'MODEL_ROUTES: entry 1 is not of the form model = upstream, upstream/its-name @5s #128k',
      { ...TWO, MODEL_ROUTES },
    ]),
    ...['@5', '@s', '@5k', '#5s', '@0s', '#k', '@5s@5s', '5s', '@-5s', '@3601s', '#1M @1M', '@5 s'].map(
      (step): [string, Record<string, unknown>] => [
        'MODEL_ROUTES: entry 2 is not of the form',
        { ...TWO, MODEL_ROUTES: `a = azure; secret = azure ${step}` },
      ],
    ),
    ['MODEL_ROUTES: entry 2 repeats a model', { ...TWO, MODEL_ROUTES: 'secret = azure; secret = openai' }],
    [
      'MODEL_ROUTES: entry 1 names an upstream that is not in UPSTREAMS',
      { ...TWO, MODEL_ROUTES: 'm = azure, secret' },
    ],
    [
      'MODEL_ROUTES: entry 1 is for a model that is not in MODELS',
      { ...TWO, MODELS: 'a', MODEL_ROUTES: 'secret = azure' },
    ],
    [
      'MODERATION needs MODERATION_URL',
      { UPSTREAMS: `groq=${GROQ}`, UPSTREAM_KEY_GROQ: 'k', MODERATION: 'both' },
    ],
    ['FIRST_TOKEN_TIMEOUT_MS must be a number', { FIRST_TOKEN_TIMEOUT_MS: 'secret' }],
  ])('%s: %j', (said, vars) => {
    const read = () => readConfig(vars)
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(said)
    expect(read).not.toThrow('secret')
  })
})
