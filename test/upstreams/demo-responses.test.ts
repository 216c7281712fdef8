/** The demo's answers in the Responses API's form, as OpenAI's own SDK reads them. */
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { demo } from '../../worker/upstreams/demo.ts'
import { known } from '../support/an-upstream.ts'
import { ENCODINGS } from '../tokens/encodings.ts'

const [{ counter }] = ENCODINGS as [(typeof ENCODINGS)[number]]
const upstream = demo({ speed: 1000, counter: () => counter }, known)
const stays = new AbortController().signal
const PREPARED = /\*This answer was prepared for the demo: no model was asked\.\*$/
const ON_YOUR_SITE = 'How do I put this chat on my site?'

const client = new OpenAI({
  apiKey: 'demo',
  baseURL: 'http://demo',
  fetch: async (address, init) =>
    upstream.call(
      {
        method: 'POST',
        path: new URL(String(address)).pathname,
        body: new TextEncoder().encode(String(init?.body)),
      },
      init?.signal ?? stays,
    ),
})

const FORMS = [
  ['text', (text: string) => text],
  ['items', (content: string) => [{ role: 'user' as const, content }]],
  ['parts', (text: string) => [{ role: 'user' as const, content: [{ type: 'input_text' as const, text }] }]],
] as const

test.each(FORMS)('a question as %s is answered alike, streamed and whole', async (_, form) => {
  const request = { model: 'gpt-any', input: form('Why is the sky blue?') as string }
  const types: string[] = []
  const stream = client.responses.stream(request)
  stream.on('event', ({ type }) => types.push(type))
  const streamed = await stream.finalResponse()
  const whole = await client.responses.create(request)
  expect(streamed.output_text).toMatch(PREPARED)
  expect(whole.output_text).toBe(streamed.output_text)
  expect([streamed.status, streamed.model, whole.status]).toEqual(['completed', 'gpt-any', 'completed'])
  expect(streamed.usage).toEqual(whole.usage)
  expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress'])
  expect(types.at(-1)).toBe('response.completed')
})

test('an answer from documents looks for them first, and names each where its text rests on it', async () => {
  const types: string[] = []
  const stream = client.responses.stream({ model: 'm', input: ON_YOUR_SITE })
  stream.on('event', ({ type }) => types.push(type))
  const { output, output_text: text } = await stream.finalResponse()
  expect(types.indexOf('response.file_search_call.searching')).toBeLessThan(
    types.indexOf('response.output_text.delta'),
  )
  const [search, message] = output
  expect(search).toMatchObject({ type: 'file_search_call', status: 'completed', queries: [ON_YOUR_SITE] })
  const parts = message?.type === 'message' ? message.content : []
  const cited = parts.flatMap((part) => (part.type === 'output_text' ? part.annotations : []))
  const named = cited.map((one) =>
    one.type === 'file_citation' ? [one.filename, text.slice(one.index - 5, one.index)] : [],
  )
  expect(named).toEqual([
    ['WIDGET.md', 'chat.'],
    ['DEPLOY.md', 'apart'],
    ['WIDGET.md', 'sing.'],
    ['CONFIGURATION.md', 'kens.'],
  ])
  expect(text).not.toContain('[[')
})

describe('an answer that is longer than the request lets it be', () => {
  test('is incomplete, and says why', async () => {
    const whole = await client.responses.create({
      model: 'm',
      input: 'Why is the sky blue?',
      max_output_tokens: 20,
    })
    expect(whole.status).toBe('incomplete')
    expect(whole.incomplete_details).toEqual({ reason: 'max_output_tokens' })
    expect(whole.usage?.output_tokens).toBeLessThanOrEqual(20)
  })
})

test('a prompt has as many tokens as its answer says', async () => {
  const body = new TextEncoder().encode(JSON.stringify({ input: ON_YOUR_SITE }))
  const count = await upstream.call({ method: 'POST', path: '/responses/input_tokens', body }, stays)
  const { usage } = await client.responses.create({ model: 'any', input: ON_YOUR_SITE })
  expect(await count.json()).toEqual({ object: 'response.input_tokens', input_tokens: usage?.input_tokens })
})
