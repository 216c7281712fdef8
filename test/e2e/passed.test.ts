/** Embeddings, transcriptions and pictures: through the Worker they are what they are without it. */
import OpenAI, { APIError, toFile } from 'openai'
import { describe, expect, test } from 'vitest'
import { lastError, receive, refusal } from '../support/caller.ts'
import { UPSTREAM_KEY, useHouse } from '../support/house.ts'
import { lineOf } from '../support/log-line.ts'
import {
  EMBEDDINGS,
  ENDPOINTS,
  IMAGES,
  PICTURE,
  RECORDING,
  recording,
  TRANSCRIPTIONS,
  WAYS,
} from '../support/passed.ts'
import { cut, end, head, inOrder, reset, type Script, send, wait } from '../support/script.ts'
import { begun, events, failing, json, page } from '../support/scripts.ts'

const house = useHouse()
const sdk = () => new OpenAI({ baseURL: `${house.url}/v1`, apiKey: 'none', maxRetries: 0, logLevel: 'off' })
const streamed = WAYS.filter(([, , fields]) => fields.stream === true)

describe('a call', () => {
  test.each(WAYS)('%s: body, answer and line of the log', async (_, endpoint, fields, script) => {
    house.upstream.next(script)
    const response = await endpoint.ask(house.url, { ...fields, anything: 'else' })
    expect(response.status).toBe(200)
    const { text, error } = await receive(response)
    expect(error).toBeUndefined()
    expect(text).toBe(fields.stream ? endpoint.events.join('') : JSON.stringify(endpoint.whole))
    expect(response.headers.get('content-type')).toBe(
      fields.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    )
    const { path, headers, body } = await house.upstream.call(1)
    expect(path).toBe(endpoint.path)
    expect(headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
    expect(body.toString()).toContain('anything')
    const line = await lineOf(response, house)
    expect(line).toMatchObject({
      route: endpoint.path,
      status: 200,
      end: 'done',
      usage_source: 'upstream',
      charged_tokens: endpoint.used,
      bytes: Buffer.byteLength(text),
    })
    expect(typeof line.model).toBe('string')
    expect(JSON.stringify(line)).not.toContain('millrace brings')
  })

  test('a form goes on byte by byte, with its boundary', async () => {
    house.upstream.next(json(TRANSCRIPTIONS.whole))
    const sent = new Request('http://x', {
      method: 'POST',
      body: (() => {
        const form = new FormData()
        form.append('file', recording())
        form.append('model', 'whisper-1')
        return form
      })(),
    })
    const bytes = Buffer.from(await sent.clone().arrayBuffer())
    const type = sent.headers.get('content-type') ?? ''
    const url = `${house.url}/v1/audio/transcriptions`
    await receive(await fetch(url, { method: 'POST', body: bytes, headers: { 'content-type': type } }))
    const call = await house.upstream.call(1)
    expect(call.headers['content-type']).toBe(type)
    expect(call.body.equals(bytes)).toBe(true)
    expect(call.body.includes(Buffer.from(RECORDING))).toBe(true)
  })
})

describe('OpenAI’s SDK', () => {
  test('embeddings, in its default form and as numbers', async () => {
    const data = Buffer.from(new Float32Array([0.25, -1, 0.5]).buffer).toString('base64')
    const base64 = { ...EMBEDDINGS.whole, data: [{ object: 'embedding', index: 0, embedding: data }] }
    house.upstream.next(json(base64), json(EMBEDDINGS.whole))
    const asked = { model: 'text-embedding-3-small', input: ['Say hello.'] }
    for (const format of [{}, { encoding_format: 'float' as const }]) {
      const { data, usage } = await sdk().embeddings.create({ ...asked, ...format })
      expect(data[0]?.embedding).toEqual([0.25, -1, 0.5])
      expect(usage.total_tokens).toBe(3)
    }
  })

  test('a transcription, whole', async () => {
    house.upstream.next(json(TRANSCRIPTIONS.whole))
    const file = await toFile(RECORDING, 'speech.mp3')
    const { text } = await sdk().audio.transcriptions.create({ file, model: 'gpt-4o-transcribe' })
    expect(text).toBe(TRANSCRIPTIONS.whole.text)
  })

  test('a transcription, streamed', async () => {
    house.upstream.next(events([...TRANSCRIPTIONS.events]))
    const file = await toFile(RECORDING, 'speech.mp3')
    const stream = await sdk().audio.transcriptions.create({ file, model: 'gpt-4o-transcribe', stream: true })
    const all = await Array.fromAsync(stream)
    expect(all.map((it) => (it.type === 'transcript.text.delta' ? it.delta : '')).join('')).toBe(
      TRANSCRIPTIONS.whole.text,
    )
    expect(all.at(-1)?.type).toBe('transcript.text.done')
  })

  test.each(['text', 'srt', 'vtt'] as const)('a transcription as %s', async (format) => {
    house.upstream.next(page('A millrace "usage":{"input_tokens":0}.\n', 'text/plain'))
    const file = await toFile(RECORDING, 'speech.mp3')
    const text = await sdk().audio.transcriptions.create({
      file,
      model: 'whisper-1',
      response_format: format,
    })
    expect(text).toBe('A millrace "usage":{"input_tokens":0}.\n')
  })

  test('pictures, whole', async () => {
    house.upstream.next(json(IMAGES.whole))
    const { data, usage } = await sdk().images.generate({ model: 'gpt-image-1.5', prompt: 'A mill.' })
    expect(data?.[0]?.b64_json).toBe(PICTURE)
    expect(usage?.total_tokens).toBe(278)
  })

  test('pictures, streamed', async () => {
    house.upstream.next(events([...IMAGES.events]))
    const asked = { model: 'gpt-image-1.5', prompt: 'A mill.', partial_images: 1, stream: true as const }
    const all = await Array.fromAsync(await sdk().images.generate(asked))
    expect(all.map(({ type }) => type)).toEqual([
      'image_generation.partial_image',
      'image_generation.completed',
    ])
  })

  test.each(streamed)('%s: a cut is a failure to it', async (_, { name, events: list }) => {
    house.upstream.next(inOrder(begun([...list.slice(0, -1)]), cut))
    const read = async () => {
      const file = await toFile(RECORDING, 'speech.mp3')
      const stream =
        name === 'images'
          ? await sdk().images.generate({ model: 'gpt-image-1.5', prompt: 'A mill.', stream: true })
          : await sdk().audio.transcriptions.create({ file, model: 'gpt-4o-transcribe', stream: true })
      await Array.fromAsync(stream as AsyncIterable<unknown>)
    }
    const error = await read().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ code: 'upstream_truncated' })
  })
})

describe('a stream that is not whole', () => {
  const ways: [string, Script][] = [
    ['is cut', cut],
    ['is reset', inOrder(wait(50), reset)],
    ['ends without its last event', end],
  ]
  const cases = streamed.flatMap(([name, endpoint]) =>
    ways.map(([way, how]) => [name, way, endpoint, how] as const),
  )
  test.each(cases)('%s, %s: ends with the error', async (_, _way, { ask, events: list }, how) => {
    house.upstream.next(inOrder(begun([list[0] as string]), how))
    const response = await ask(house.url, { stream: true })
    const { text, error } = await receive(response)
    expect(error).toBeUndefined()
    expect(text.startsWith(list[0] as string)).toBe(true)
    expect(lastError(text)?.code).toBe('upstream_truncated')
    expect(await lineOf(response, house)).toMatchObject({ end: 'truncated', code: 'upstream_truncated' })
  })

  test.each(streamed)(
    '%s, cut within an event: its half is completed, with the error',
    async (_, endpoint) => {
      const [first = '', second = ''] = endpoint.events
      const came = first + second.slice(0, -8)
      house.upstream.next(inOrder(begun([came]), cut))
      const { text } = await receive(await endpoint.ask(house.url, { stream: true }))
      expect(text.startsWith(came)).toBe(true)
      expect(lastError(text)?.code).toBe('upstream_truncated')
    },
  )

  test('two pictures, of which one came', async () => {
    const [, last = ''] = IMAGES.events
    house.upstream.next(events([last]), events([last, last]))
    const fields = { stream: true, n: 2 }
    expect(lastError((await receive(await IMAGES.ask(house.url, fields))).text)?.code).toBe(
      'upstream_truncated',
    )
    expect((await receive(await IMAGES.ask(house.url, fields))).text).toBe(last + last)
  })
})

describe('an answer of megabytes', () => {
  const big = 'QUJD'.repeat(2 * 1024 * 1024)

  test('whole: passes, and its usage is found', async () => {
    const value = { ...IMAGES.whole, data: [{ b64_json: big }, { b64_json: big }, { b64_json: big }] }
    house.upstream.next(json(value))
    const response = await IMAGES.ask(house.url)
    const { text } = await receive(response)
    expect(text.length).toBe(JSON.stringify(value).length)
    expect(await lineOf(response, house)).toMatchObject({ end: 'done', charged_tokens: IMAGES.used })
  })

  test('streamed: passes, and its usage is found', async () => {
    const list = IMAGES.events.map((event) => event.replace(PICTURE, big))
    house.upstream.next(events(list))
    const response = await IMAGES.ask(house.url, { stream: true })
    const { text } = await receive(response)
    expect(text.length).toBe(list.join('').length)
    expect(await lineOf(response, house)).toMatchObject({ end: 'done', charged_tokens: IMAGES.used })
  })

  test('whole, and cut: its connection breaks off', async () => {
    const text = JSON.stringify({ data: [{ b64_json: big }] })
    const type = { 'content-type': 'application/json' }
    house.upstream.next(inOrder(head(200, type), send(text.slice(0, 1_000_000)), cut))
    const response = await IMAGES.ask(house.url)
    const { error } = await receive(response)
    expect(error).toBeDefined()
    expect(await lineOf(response, house)).toMatchObject({ end: 'truncated', code: 'upstream_truncated' })
  })

  test('a recording of 25 MiB goes on; a larger one is refused', async () => {
    house.upstream.next(json(TRANSCRIPTIONS.whole))
    const most = new Uint8Array(25 * 1024 * 1024)
    expect((await TRANSCRIPTIONS.ask(house.url, { file: recording(most) })).status).toBe(200)
    const more = new Uint8Array(most.length + 100 * 1024)
    const refused = await TRANSCRIPTIONS.ask(house.url, { file: recording(more) })
    expect([refused.status, (await refusal(refused)).code]).toEqual([413, 'body_too_large'])
    expect(house.upstream.calls).toHaveLength(1)
  })
})

describe('what is no answer', () => {
  const wrongs: [string, Script, number, string][] = [
    ['a refusal', failing(400, { code: 'invalid_size', param: 'size' }), 400, 'invalid_size'],
    ['an error with the status of success', json({ error: { message: 'No.', code: 'odd' } }), 400, 'odd'],
    ['HTML', page('<!doctype html><p>Hello', 'text/html'), 502, 'upstream_invalid'],
    ['half a JSON', page('{"text":', 'application/json'), 502, 'upstream_invalid'],
    ['our key refused', failing(401), 502, 'upstream_refused'],
  ]
  const cases = WAYS.flatMap(([name, endpoint, fields]) =>
    wrongs.map(([what, ...rest]) => [name, what, endpoint, fields, ...rest] as const),
  )
  test.each(cases)('%s: %s', async (_, _what, { ask }, fields, script, status, code) => {
    house.upstream.next(script, script, script)
    const response = await ask(house.url, fields)
    expect([response.status, (await refusal(response)).code]).toEqual([status, code])
  })

  test.each(streamed)('%s: an error as the first event is a status', async (_, { ask }) => {
    const error = { message: 'Too many.', type: 'rate_limit_error', code: 'rate_limit_exceeded' }
    house.upstream.next(events([`data: ${JSON.stringify({ error })}\n\n`]))
    const response = await ask(house.url, { stream: true })
    expect([response.status, (await refusal(response)).code]).toEqual([429, 'rate_limit_exceeded'])
  })

  test.each(streamed)(
    '%s: an upstream that does not stream sends it whole',
    async (_, { ask, whole, used }) => {
      house.upstream.next(json(whole))
      const response = await ask(house.url, { stream: true })
      expect(await response.json()).toEqual(whole)
      expect(await lineOf(response, house)).toMatchObject({ end: 'done', charged_tokens: used })
    },
  )

  test.each(ENDPOINTS)('%s: is asked again after a 503, with all of its body', async (_, { ask, whole }) => {
    house.upstream.next(failing(503, {}, { 'retry-after-ms': '0' }), json(whole))
    expect((await ask(house.url)).status).toBe(200)
    const [first, second] = [await house.upstream.call(1), await house.upstream.call(2)]
    expect(first.body.length).toBeGreaterThan(0)
    expect(second.body.equals(first.body)).toBe(true)
  })
})

test.each([['/v1/audio/speech'], ['/v1/images/edits'], ['/v1/completions']])(
  '%s is no route: the routes are named',
  async (path) => {
    const response = await fetch(`${house.url}${path}`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(404)
    const { message } = await refusal(response)
    for (const [, endpoint] of ENDPOINTS) expect(message).toContain(`POST ${endpoint.path}`)
  },
)
