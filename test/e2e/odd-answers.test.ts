/** Answers that upstreams really send and that are not as OpenAI writes them, on every way an answer takes. */
import { describe, expect, test } from 'vitest'
import { ask, askStream, dataOf, receive, refusal } from '../support/caller.ts'
import { keys, openStream, usageOf } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { hang, inOrder } from '../support/script.ts'
import { begun, events, json, page } from '../support/scripts.ts'
import { answerEvents, chunk, completion, DONE_EVENT, delta, event, finish, role } from '../support/sse.ts'

const { ACCESS_KEYS, newCaller } = keys(60)
const house = useHouse({ ACCESS_KEYS, KEY_DAILY_TOKENS: '10000000', FILL_USAGE: 'off' })

type Way = (headers: Record<string, string>) => Promise<Response>

/** Each way that a streamed answer takes through the Worker. */
const WAYS: [string, Way][] = [
  ['piped natively', () => askStream(house.url)],
  ['with a budget', (headers) => askStream(house.url, {}, { headers })],
  [
    'with its times',
    (headers) => askStream(house.url, { stream_options: { include_timing: true } }, { headers }),
  ],
  ['durable', (headers) => openStream(house.url, {}, { headers })],
]

/** What the caller of a streamed answer reads: the content, and whether it ended well. */
async function read(response: Response): Promise<{ content: string; isWhole: boolean; text: string }> {
  const { text } = await receive(response)
  const data = dataOf(text)
  const chunks = data.filter((one) => one.startsWith('{"id"')).map((one) => JSON.parse(one))
  const content = chunks.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join('')
  return { content, isWhole: data.at(-1) === '[DONE]', text }
}

const USAGE = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }
const usageChunk = (usage: object = USAGE) => event(chunk({}, { choices: [], usage }))

describe('a picture of 3 MB in a delta', () => {
  const picture = event(
    chunk({ images: [{ image_url: { url: `data:image/png;base64,${'A'.repeat(3_000_000)}` } }] }),
  )
  const sent = [role(), delta('Here: '), picture, delta('done.'), finish(), usageChunk(), DONE_EVENT]

  test.each(WAYS.filter(([way]) => way !== 'durable'))(
    'passes %s, and the answer ends whole',
    async (_, way) => {
      house.upstream.next(events(sent))
      const { content, isWhole, text } = await read(await way(newCaller()))
      expect([content, isWhole]).toEqual(['Here: done.', true])
      expect(text).toContain(picture)
    },
  )

  test('is settled with what follows it', async () => {
    const caller = newCaller()
    house.upstream.next(events(sent))
    await receive(await askStream(house.url, {}, { headers: caller }))
    await expect.poll(async () => (await usageOf(house.url, caller)).tokens.used).toBe(USAGE.total_tokens)
  })
})

describe('an event that is no part of the answer', () => {
  const all = [
    event({ type: 'ping' }),
    'data: null\n\n',
    event({ id: 'x', choices: null }),
    'event: ping\ndata: now\n\n',
  ]
  const sent = [...all, role(), delta('a'), ...all, delta('b'), finish(), ...all, 'data: [DONE] \n\n']

  test.each(WAYS)('does not end one that comes %s', async (_, way) => {
    house.upstream.next(events(sent))
    const { content, text } = await read(await way(newCaller()))
    expect(content).toBe('ab')
    expect(text).toMatch(/data: \[DONE\] ?\n\n$/)
    expect(text).not.toContain('"error"')
  })
})

describe('[DONE] ends the call of an upstream that stays open', () => {
  test.each(WAYS)('%s', async (_, way) => {
    house.upstream.next(inOrder(begun(answerEvents(['a', 'b'])), hang))
    const { content, isWhole } = await read(await way(newCaller()))
    expect([content, isWhole]).toEqual(['ab', true])
    await house.upstream.until(({ open }) => open === 0)
  })
})

describe('[DONE] with nothing before it is no answer', () => {
  const CUTS: [string, string[]][] = [
    ['at once', [DONE_EVENT]],
    ['after a comment', [`: hi\n\n${DONE_EVENT}`]],
    ['in two parts', [DONE_EVENT.slice(0, 9), DONE_EVENT.slice(9)]],
  ]
  test.each(WAYS.flatMap(([way, open]) => CUTS.map(([cut, sent]) => [way, cut, open, sent] as const)))(
    '%s, %s',
    async (_way, _cut, open, sent) => {
      house.upstream.next(events(sent, 50))
      const { text, isWhole } = await read(await open(newCaller()))
      expect(isWhole).toBe(false)
      expect(text).toContain('"upstream_truncated"')
    },
  )
})

describe('usage that contradicts itself, or what came, is settled at the most', () => {
  const said = (prompt_tokens: number, completion_tokens: number, total_tokens: number) => ({
    prompt_tokens,
    completion_tokens,
    total_tokens,
  })
  /** 250 tokens that can be told from one another. */
  const long = Array.from({ length: 250 }, (_, i) => ` ${i % 10}`)
  const counted = 2 * long.length

  test.each<[string, string[], number]>([
    ['reasoning in the total alone', [delta('a'), usageChunk(said(32, 9, 135))], 135],
    ['an early count, and then text', [usageChunk(said(9, 4, 13)), ...long.map(delta)], 9 + counted],
  ])('%s', async (_, sent, expected) => {
    const caller = newCaller()
    house.upstream.next(events([...sent, DONE_EVENT]))
    await receive(await askStream(house.url, {}, { headers: caller }))
    await expect.poll(async () => (await usageOf(house.url, caller)).tokens.used).toBe(expected)
  })

  test('of a JSON answer to a streamed call', async () => {
    const caller = newCaller()
    house.upstream.next(json(completion('Hello', { usage: USAGE })))
    expect((await askStream(house.url, {}, { headers: caller })).status).toBe(502)
    await expect.poll(async () => (await usageOf(house.url, caller)).tokens.used).toBe(USAGE.total_tokens)
  })
})

describe('the content type is said anew, by what was found', () => {
  const stream = answerEvents(['a']).join('')
  const whole = JSON.stringify(completion('a'))

  test.each([
    'text/event-stream',
    'Text/Event-Stream;charset=UTF-8',
    'text/event-stream; charset=utf-8; gateway=gpu-17.internal',
  ])('of a stream: %s', async (type) => {
    house.upstream.next(page(stream, type))
    const response = await askStream(house.url)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ])
    expect(await response.text()).toBe(stream)
  })

  test.each([
    '',
    'text/html',
    'text/event-streams',
    'text/event-stream-x',
    'application/json',
    'multipart/mixed',
  ])('no stream comes as %j', async (type) => {
    house.upstream.next(page(stream, type))
    const response = await askStream(house.url)
    expect(response.status).toBe(502)
    expect(await refusal(response)).toMatchObject({ code: 'upstream_invalid' })
  })

  test.each(['application/json; charset=utf-8; gateway=gpu-17.internal', 'text/html', 'image/svg+xml', ''])(
    'of JSON that comes as %j',
    async (type) => {
      const list = JSON.stringify({ object: 'list', data: [] })
      house.upstream.next(page(whole, type), page(list, type))
      for (const call of [ask(house.url), fetch(`${house.url}/v1/models`)]) {
        const response = await call
        expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
        expect(response.headers.get('x-content-type-options')).toBe('nosniff')
        await response.text()
      }
    },
  )

  test.each(['application/json', 'text/html', 'text/event-stream'])(
    'a page that comes as %s is no answer',
    async (type) => {
      house.upstream.next(page('<script>alert(1)</script>', type))
      const response = await ask(house.url)
      expect(response.status).toBe(502)
      expect(await refusal(response)).toMatchObject({ code: 'upstream_invalid' })
    },
  )
})
