/** A streamed answer reaches the caller byte for byte, and as it arrives. */
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { expectPrompt } from '../support/arrival.ts'
import { ask, askStream, chat, QUESTION, receive } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { end, inOrder, send } from '../support/script.ts'
import { answer, bytes, json, streamHead } from '../support/scripts.ts'
import {
  answerEvents,
  chunk,
  completion,
  DONE_EVENT,
  delta,
  event,
  finish,
  numbered,
} from '../support/sse.ts'

const house = useHouse()

describe('byte for byte', () => {
  const streams: Record<string, string> = {
    'an ordinary answer': answerEvents(['Hello', ' ', 'world']).join(''),
    'characters of one to four bytes': answerEvents(['aé€🎉', '👩‍👩‍👧', '\u2028']).join(''),
    CRLF: answerEvents(['a', 'b']).join('').replaceAll('\n', '\r\n'),
    'CR alone': answerEvents(['a', 'b']).join('').replaceAll('\n', '\r'),
    'a byte order mark': `\ufeff${answerEvents(['a']).join('')}`,
    'comments, ids and retry': `: OPENROUTER PROCESSING\n\nid: 7\nretry: 10\n${answerEvents(['a']).join(':\n\n')}`,
    'white space and unknown fields as they are': `data:  {"choices" : [ ], "x":1.0,"x":1e2}\nfoo: bar\n\n${DONE_EVENT}`,
    'an event over several data lines': `data: {"choices":\ndata: []}\n\n${DONE_EVENT}`,
    'something after [DONE]': `${answerEvents(['a']).join('')}data: after\n\n`,
  }

  test.each(Object.entries(streams))('%s', async (_, stream) => {
    for (const size of [1, 7, stream.length * 4]) {
      house.upstream.next(bytes(Buffer.from(stream), size))
      const response = await askStream(house.url)
      expect(response.status).toBe(200)
      expect(Buffer.from(await response.arrayBuffer()).toString('latin1')).toBe(
        Buffer.from(stream).toString('latin1'),
      )
    }
  })

  test('events of 64 KB', async () => {
    const stream = answerEvents(['x'.repeat(65536), '🎉'.repeat(16384)]).join('')
    house.upstream.next(bytes(Buffer.from(stream), 65536))
    expect(await (await askStream(house.url)).text()).toBe(stream)
  })

  test('8 MB, also for a reader that is slow to begin', async () => {
    const stream = answerEvents(numbered(500).map((token) => token + 'y'.repeat(16000))).join('')
    house.upstream.next(bytes(Buffer.from(stream), 65536))
    const response = await askStream(house.url)
    await setTimeout(300)
    const text = await response.text()
    expect(text.length).toBe(stream.length)
    expect(text === stream).toBe(true)
  })

  test('20 streams at once, each to its own caller', async () => {
    house.upstream.when(({ request }) =>
      answer(
        numbered(20).map((token) => `${request.model}:${token}`),
        5,
      ),
    )
    const models = numbered(20).map((name) => name.trim())
    const answers = await Promise.all(
      models.map(async (model) => (await askStream(house.url, { model })).text()),
    )
    answers.forEach((text, i) => {
      expect(text).toBe(answerEvents(numbered(20).map((token) => `${models[i]}:${token}`)).join(''))
    })
  })

  test('an unstreamed answer is the JSON of the upstream', async () => {
    const body = completion('ünï 🎉', { unknown: { deep: [1, null] } })
    for (const fields of [{}, { stream: false }, { stream: null }]) {
      house.upstream.next(json(body))
      const response = await ask(house.url, { ...QUESTION, ...fields })
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(await response.text()).toBe(JSON.stringify(body))
    }
  })

  test('an answer that the upstream compressed is readable', async () => {
    house.upstream.next(json(completion('packed'), { gzip: true }))
    expect(await (await ask(house.url)).json()).toEqual(completion('packed'))
  })
})

describe('the request', () => {
  test('reaches the upstream as it was written, known fields or not', async () => {
    const body = `{ "model":"gpt-test","seed":12345678901234567890, "temperature":1.0,
      "messages":[{"role":"user","content":"caf\\u00e9 é 🎉","name":"x","unknown":[null]}],
      "moderation":{"model":"omni"},"prompt_cache_options":{"a":1},"stream":true,"__proto__":{"x":1} }`
    await (await ask(house.url, body)).text()
    const [call] = house.upstream.calls
    expect(call?.path).toBe('/v1/chat/completions')
    expect(call?.body.toString()).toBe(body)
  })

  test('without a model gets one, and keeps the rest', async () => {
    const { model: _, ...request } = { ...QUESTION, stream: true, seed: 7, unknown: { a: [1] } }
    await (await ask(house.url, request)).text()
    const { model, ...rest } = house.upstream.calls[0]?.request ?? {}
    expect(model).toEqual(expect.any(String))
    expect(rest).toEqual(request)
  })

  test('keeps numbers that JavaScript has not, also where a model or the streaming is added', async () => {
    const [seed, ratio] = ['"seed":12345678901234567890', '"ratio":1.0']
    const messages = '"messages":[{"role":"user","content":"Say hello."}]'
    await (await ask(house.url, `{${messages},${seed},${ratio}}`)).text()
    await (await chat(house.url, `{"model":"gpt-test",${messages},${seed},${ratio}}`)).text()
    expect(house.upstream.calls).toHaveLength(2)
    for (const { body } of house.upstream.calls) {
      expect(body.toString().replaceAll(' ', '')).toContain(seed)
      expect(body.toString().replaceAll(' ', '')).toContain(ratio)
    }
  })

  test('of 3 MB arrives whole', async () => {
    const content = 'ü'.repeat(1_500_000)
    await (await ask(house.url, { ...QUESTION, messages: [{ role: 'user', content }] })).text()
    expect(house.upstream.calls[0]?.request.messages).toEqual([{ role: 'user', content }])
  })
})

describe('the head', () => {
  test('says what it is, names the request and times what went before', async () => {
    house.upstream.next(
      inOrder(streamHead({ 'x-request-id': 'req_upstream' }), send(...answerEvents(['a'])), end),
    )
    const { headers } = await askStream(house.url)
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(headers.get('x-request-id')).toBe('req_upstream')
    expect(headers.get('server-timing')).toMatch(/;\s*dur=\d/)
    expect(headers.get('cache-control')).toMatch(/no-(store|cache)/)
  })

  test('names each request, where the upstream does not', async () => {
    const ids: (string | null)[] = []
    for (let i = 0; i < 3; i++) ids.push((await askStream(house.url)).headers.get('x-request-id'))
    for (const id of ids) expect(id).toMatch(/\S{8,}/)
    expect(new Set(ids).size).toBe(3)
  })

  test('of every other route has both too', async () => {
    for (const path of ['/healthz', '/v1/models', '/v1/nowhere']) {
      const { headers } = await fetch(`${house.url}${path}`)
      expect(headers.get('x-request-id'), path).toMatch(/\S{8,}/)
      expect(headers.get('server-timing'), path).toMatch(/dur=\d/)
    }
  })
})

describe('arrival, with chunks 100 ms apart', () => {
  const tokens = numbered(12)

  test('relayed', async () => {
    house.upstream.next(answer(tokens, 100))
    const received = await receive(await askStream(house.url))
    expectPrompt(house.upstream.calls[0], received, tokens)
  })

  test('as plain text', async () => {
    house.upstream.next(answer(tokens, 100))
    const received = await receive(await chat(house.url))
    expect(received.text).toBe(tokens.join(''))
    expectPrompt(house.upstream.calls[0], received, tokens)
  })

  test('the head and the first event do not wait for the second', async () => {
    house.upstream.next(
      inOrder(
        streamHead(),
        send(event(chunk({ role: 'assistant' }))),
        async ({ signal }) => {
          await setTimeout(1500, undefined, { signal }).catch(() => {})
        },
        send(delta('late'), finish(), DONE_EVENT),
        end,
      ),
    )
    const asked = performance.now()
    const { parts, text } = await receive(await askStream(house.url))
    expect((parts[0]?.at ?? Number.NaN) - asked).toBeLessThan(1000)
    expect(text).toContain('late')
  })
})

test('the plain text is that of choice 0, of content and refusal alike', async () => {
  const both = event(
    chunk(
      {},
      {
        choices: [
          { index: 1, delta: { content: 'no' } },
          { index: 0, delta: { content: '2' } },
        ],
      },
    ),
  )
  const reasoning = event(
    chunk({ reasoning_content: 'hm', tool_calls: [{ index: 0, function: { name: 'f' } }] }),
  )
  const stream = [
    delta('1'),
    both,
    reasoning,
    event(chunk({ content: null, refusal: '3🎉' })),
    finish(),
    DONE_EVENT,
  ]
  for (const size of [1, 7, 10_000]) {
    house.upstream.next(bytes(Buffer.from(stream.join('')), size))
    const response = await chat(house.url)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toBe('123🎉')
  }
})
