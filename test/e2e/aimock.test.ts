/** An upstream that we did not write: `@copilotkit/aimock`, read with OpenAI's own client. */
import { LLMock } from '@copilotkit/aimock'
import OpenAI, { APIError, toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chat } from '../support/caller.ts'
import { startMillrace } from '../support/millrace.ts'

const mock = new LLMock({ port: 0, logLevel: 'silent' })
let millrace: Awaited<ReturnType<typeof startMillrace>>
let direct: OpenAI
let through: OpenAI

const WORDS = 'A millrace brings the stream to the wheel: crème brûlée, 日本語, 🎉. '.repeat(20)

beforeAll(async () => {
  await mock.start()
  millrace = await startMillrace({ OPENAI_BASE_URL: `${mock.url}/v1`, OPENAI_API_KEY: 'mock' })
  const options = { apiKey: 'mock', maxRetries: 0, logLevel: 'off' as const }
  direct = new OpenAI({ ...options, baseURL: `${mock.url}/v1` })
  through = new OpenAI({ ...options, baseURL: `${millrace.url}/v1` })
})

beforeEach(() => {
  mock.reset()
  mock.onMessage('words', { content: WORDS })
  mock.onMessage('weather', { toolCalls: [{ name: 'get_weather', arguments: '{"city":"Zürich"}' }] })
})

afterAll(async () => {
  await millrace?.stop()
  await mock.stop()
})

const about = (content: string) => ({ model: 'gpt-4o', messages: [{ role: 'user' as const, content }] })

/** Ids and times differ from call to call. */
const stable = <T extends object>(value: T) => ({ ...value, id: '', created: 0 })

describe('the same through the Worker as without it', () => {
  test('streamed, with usage', async () => {
    const request = { ...about('words'), stream: true as const, stream_options: { include_usage: true } }
    const [expected, actual] = await Promise.all(
      [direct, through].map(async (openai) =>
        Array.fromAsync(await openai.chat.completions.create(request), stable),
      ),
    )
    expect(actual).toEqual(expected)
    expect(actual?.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(WORDS)
    expect(actual?.at(-1)?.usage).toBeTruthy()
  })

  test('unstreamed', async () => {
    const [expected, actual] = await Promise.all(
      [direct, through].map(async (openai) => stable(await openai.chat.completions.create(about('words')))),
    )
    expect(actual).toEqual(expected)
  })

  test('a tool call', async () => {
    const done = await through.chat.completions.stream(about('weather')).finalChatCompletion()
    expect(done.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'get_weather', arguments: '{"city":"Zürich"}' },
    })
  })

  test('a request that it rejects', async () => {
    const errors: unknown[] = []
    for (const openai of [direct, through]) {
      mock.nextRequestError(400, { message: 'No such thing.', type: 'invalid_request_error', code: 'odd' })
      errors.push(await openai.chat.completions.create(about('words')).catch((error: unknown) => error))
    }
    const [expected, actual] = errors
    expect(actual).toBeInstanceOf(APIError)
    for (const field of ['status', 'code', 'type', 'message'] as const) {
      expect((actual as APIError)[field]).toBe((expected as APIError)[field])
    }
  })
})

describe('beside conversations', () => {
  const speech = 'A millrace brings the stream to the wheel.'

  beforeEach(() => {
    mock.onEmbedding('words', { embedding: [0.25, -1, 0.5] })
    mock.onTranscription({ transcription: { text: speech, usage: SPOKEN } })
    mock.onImage('A mill', { image: { b64Json: 'iVBORw0KGgo=' } })
  })

  const SPOKEN = { type: 'tokens', input_tokens: 11, output_tokens: 9, total_tokens: 20 }
  const both = <T>(ask: (openai: OpenAI) => Promise<T>) => Promise.all([direct, through].map(ask))

  test('embeddings', async () => {
    const asked = { model: 'text-embedding-3-small', input: ['words'] }
    const [expected, actual] = await both((openai) => openai.embeddings.create(asked))
    expect(actual).toEqual(expected)
    expect(actual?.data[0]?.embedding).toEqual([0.25, -1, 0.5])
  })

  test('a transcription', async () => {
    const [expected, actual] = await both(async (openai) => {
      const file = await toFile(new Uint8Array(1000), 'speech.mp3')
      return openai.audio.transcriptions.create({ file, model: 'gpt-4o-transcribe' })
    })
    expect(actual).toEqual(expected)
    expect(actual?.text).toBe(speech)
  })

  test('a transcription, streamed', async () => {
    const [expected, actual] = await both(async (openai) => {
      const file = await toFile(new Uint8Array(1000), 'speech.mp3')
      return Array.fromAsync(
        await openai.audio.transcriptions.create({ file, model: 'gpt-4o-transcribe', stream: true }),
      )
    })
    expect(actual).toEqual(expected)
    expect(actual?.at(-1)).toMatchObject({ type: 'transcript.text.done', text: speech })
  })

  test('a picture', async () => {
    const asked = { model: 'gpt-image-1.5', prompt: 'A mill' }
    const [expected, actual] = await both(async (openai) => stable(await openai.images.generate(asked)))
    expect(actual).toEqual(expected)
    expect(actual?.data?.[0]?.b64_json).toBe('iVBORw0KGgo=')
  })

  test('what it has no answer to', async () => {
    const asked = { model: 'gpt-image-1.5', prompt: 'Something else' }
    const [expected, actual] = await both((openai) => openai.images.generate(asked).catch((error) => error))
    expect(actual).toBeInstanceOf(APIError)
    for (const field of ['status', 'code', 'message']) expect(actual[field]).toBe(expected[field])
  })
})

test('its words as plain text', async () => {
  expect(await (await chat(millrace.url, 'words')).text()).toBe(WORDS)
})
