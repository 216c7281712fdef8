import { describe, expect, test } from 'vitest'
import { sender } from '../../worker/admission/bodies.ts'
import { readChatRequest, readResponseRequest } from '../../worker/admission/body.ts'
import { rulesFor } from '../../worker/admission/policy.ts'
import { readConfig } from '../../worker/config/config.ts'
import { ApiError } from '../../worker/errors.ts'
import { plan } from '../../worker/upstreams/plan.ts'
import { words } from '../support/words.ts'

const UPSTREAMS = {
  openai: 'https://api.openai.com/v1',
  azure: 'https://r.openai.azure.com/openai/v1',
  mistral: 'https://api.mistral.ai/v1',
  own: 'http://10.0.0.5:8000/v1',
}
const MODEL_ROUTES = 'gpt = openai, azure/deployed, mistral, own; mine = own, openai; mistral-large = mistral'

const config = (vars: Record<string, string> = {}) =>
  readConfig({
    UPSTREAMS: Object.entries(UPSTREAMS)
      .map((entry) => entry.join('='))
      .join(),
    UPSTREAM_KEY_OPENAI: 'k',
    UPSTREAM_KEY_AZURE: 'k',
    UPSTREAM_KEY_MISTRAL: 'k',
    MODEL_ROUTES,
    ...vars,
  })

const decoder = new TextDecoder()

/** What each upstream that may be asked is sent, by its name, and whether these are the first one's bytes. */
async function sent(body: string | object, read = readChatRequest, vars: Record<string, string> = {}) {
  const { upstream, ...rest } = config(vars)
  const request = new Request('http://localhost/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const rules = rulesFor('key:a', { upstream, ...rest }, { counterFor: () => words, reserve: false })
  const chat = await read(request, rules)
  if (chat instanceof ApiError) throw chat
  const bodies = new Map<string, Uint8Array>()
  const all = upstream.all.map((known) => ({
    ...known,
    host: '',
    async call({ body }: { body?: Uint8Array | undefined }) {
      bodies.set(known.name ?? '', body ?? new Uint8Array())
      return new Response()
    },
  }))
  const candidates = plan({ all, routes: upstream.routes }, { model: chat.model, route: chat.format.name })
  const send = sender(chat.format, chat.bytes, candidates)
  for (const one of candidates) await send(one, new AbortController().signal)
  return {
    json: Object.fromEntries([...bodies].map(([name, bytes]) => [name, JSON.parse(decoder.decode(bytes))])),
    text: (name: string) => decoder.decode(bodies.get(name)),
    same: [...bodies].filter(([, bytes]) => bytes === chat.bytes).map(([name]) => name),
  }
}

const messages = [{ role: 'user', content: 'hi' }]

test('the first one, and those that take it so, get the caller’s own bytes', async () => {
  const body = '{ "model":"gpt", "messages":[{"role":"user","content":"ü"}],"seed":12345678901234567890 }'
  const { text, same, json } = await sent(body)
  expect(text('openai')).toBe(body)
  expect(same).toEqual(['openai'])
  expect(Object.entries(json).map(([name, { model }]) => [name, model])).toEqual([
    ['openai', 'gpt'],
    ['azure', 'deployed'],
    ['mistral', 'gpt'],
    ['own', 'gpt'],
  ])
  // Numbers stay as they were written.
  for (const name of Object.keys(json)) expect(text(name)).toContain('"seed":12345678901234567890')
})

test('a model without a route has one name: where nothing else differs, all get the same bytes', async () => {
  const two = { UPSTREAMS: 'a=http://a/v1, b=http://b/v1', MODEL_ROUTES: '' }
  const keyless = Object.fromEntries(
    ['OPENAI', 'AZURE', 'MISTRAL'].map((name) => [`UPSTREAM_KEY_${name}`, '']),
  )
  expect((await sent({ model: 'x', messages }, readChatRequest, { ...two, ...keyless })).same).toEqual([
    'a',
    'b',
  ])
})

describe('the bound of an answer stands in the field that each reads', () => {
  test.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['the caller’s, by its new name', { max_completion_tokens: 9 }, {}],
    ['the caller’s, by its old name', { max_tokens: 9 }, {}],
    ['the deployment’s', {}, { MAX_OUTPUT_TOKENS: '9' }],
  ])('%s', async (_, fields, vars) => {
    const { json } = await sent({ model: 'gpt', messages, ...fields }, readChatRequest, vars)
    for (const name of ['mistral', 'own']) {
      expect(json[name]).toMatchObject({ max_tokens: 9 })
      expect(json[name]).not.toHaveProperty('max_completion_tokens')
    }
    expect(json.azure).toMatchObject({ max_completion_tokens: 9 })
    expect(json.azure).not.toHaveProperty('max_tokens')
  })
})

describe('stream_options go to those that take them', () => {
  const asked = { messages, stream: true, stream_options: { include_usage: true } }
  test('also where the first one does, and the next one doesn’t', async () => {
    const { json } = await sent({ model: 'gpt', ...asked })
    expect(json.openai).toHaveProperty('stream_options')
    expect(json.own).toHaveProperty('stream_options')
    expect(json.mistral).not.toHaveProperty('stream_options')
  })

  test('also where it is the first one that doesn’t', async () => {
    const { json } = await sent({ model: 'mistral-large', ...asked, max_completion_tokens: 9 })
    expect(json.mistral).toEqual({ model: 'mistral-large', messages, stream: true, max_tokens: 9 })
  })
})

test('a response has its model’s name, and nothing else differs', async () => {
  const { json } = await sent({ model: 'gpt', input: 'hi', max_output_tokens: 20 }, readResponseRequest)
  expect(json).toEqual({
    openai: { model: 'gpt', input: 'hi', max_output_tokens: 20 },
    azure: { model: 'deployed', input: 'hi', max_output_tokens: 20 },
    own: { model: 'gpt', input: 'hi', max_output_tokens: 20 },
  })
})

test('a route that none has is refused, before anything is spent', async () => {
  await expect(sent({ model: 'mistral-large', input: 'hi' }, readResponseRequest)).rejects.toMatchObject({
    code: 'route_not_available',
    status: 404,
  })
})
