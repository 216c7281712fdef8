/** A streamed answer reaches the caller byte for byte, and as it arrives. */
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ask, askStream, QUESTION } from '../support/caller.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { useHouse } from '../support/house.ts'
import { end, inOrder, send } from '../support/script.ts'
import { answer, bytes, json, streamHead } from '../support/scripts.ts'
import { answerEvents, completion, DONE_EVENT, numbered, role } from '../support/sse.ts'

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
})

test('the head and the first event do not wait for the second', async () => {
  const fed = fedAnswer()
  house.upstream.next(fed.script)
  const { body } = await askStream(house.url)
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toBe(role())
  fed.say('late')
  fed.end()
  expect((await reader?.read())?.value).toContain('late')
  await reader?.cancel()
})
