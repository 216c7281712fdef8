/** Answers that upstreams really send and that are not as OpenAI writes them, on every way an answer takes. */
import { describe, expect, test } from 'vitest'
import { askStream, chat, dataOf, receive } from '../support/caller.ts'
import { keys, openStream, usageOf } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { hang, inOrder, type Script } from '../support/script.ts'
import { begun, events, json } from '../support/scripts.ts'
import { answerEvents, chunk, completion, DONE_EVENT, delta, event, finish, role } from '../support/sse.ts'

const { ACCESS_KEYS, callers } = keys(40)
const house = useHouse({ ACCESS_KEYS, KEY_DAILY_TOKENS: '10000000', FILL_USAGE: 'off' })
const unused = callers.values()

/** A caller with a budget who has used nothing yet. */
function newCaller(): Record<string, string> {
  const { value, done } = unused.next()
  if (done) throw new RangeError('More callers are needed.')
  return value
}

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

  test('is left out of /chat', async () => {
    house.upstream.next(events(sent))
    expect(await (await chat(house.url)).text()).toBe('Here: done.')
  })

  test('ends a durable stream, by that name and after the events before it', async () => {
    house.upstream.next(events(sent))
    const { content, text } = await read(await openStream(house.url))
    expect(content).toBe('Here: ')
    expect(text).toContain('"code":"stream_too_long"')
  })
})

describe('an event that is no part of the answer', () => {
  const kinds: [string, string][] = [
    ['a ping', event({ type: 'ping' })],
    ['null', 'data: null\n\n'],
    ['choices of null', event({ id: 'x', choices: null })],
    ['a named event without JSON', 'event: ping\ndata: now\n\n'],
  ]
  const all = kinds.map(([, one]) => one)
  const sent = [...all, role(), delta('a'), ...all, delta('b'), finish(), ...all, 'data: [DONE] \n\n']

  test.each(WAYS)('does not end one that comes %s', async (_, way) => {
    house.upstream.next(events(sent))
    const { content, text } = await read(await way(newCaller()))
    expect(content).toBe('ab')
    expect(text).toMatch(/data: \[DONE\] ?\n\n$/)
    expect(text).not.toContain('"error"')
  })

  test.each(kinds)('%s is skipped by /chat', async (_, one) => {
    house.upstream.next(events([one, delta('a'), one, delta('b'), DONE_EVENT]))
    expect(await (await chat(house.url)).text()).toBe('ab')
  })

  test('has its usage read, and hidden where usage is hidden', async () => {
    const caller = newCaller()
    house.upstream.next(events([delta('a'), event({ id: 'x', choices: null, usage: USAGE }), DONE_EVENT]))
    const { text } = await read(await askStream(house.url, {}, { headers: caller }))
    expect(text).not.toContain('usage')
    await expect.poll(async () => (await usageOf(house.url, caller)).tokens.used).toBe(USAGE.total_tokens)
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

describe('the text of an answer whose choice', () => {
  test.each<[string, Record<string, unknown>]>([
    ['has no index', { choices: [{ delta: { content: 'Hello' } }] }],
    [
      'has content in parts',
      {
        choices: [
          {
            index: 0,
            delta: {
              content: [
                { type: 'text', text: 'Hel' },
                { type: 'text', text: 'lo' },
              ],
            },
          },
        ],
      },
    ],
  ])('%s is printed by /chat', async (_, fields) => {
    house.upstream.next(events([event(chunk({}, fields)), DONE_EVENT]))
    expect(await (await chat(house.url)).text()).toBe('Hello')
  })
})

describe('an upstream that ignores its bound is ended at it', () => {
  const words = Array.from({ length: 400 }, (_, i) => `word${i} `)
  const bounded = { max_completion_tokens: 50 }
  const endless: Script = inOrder(begun([role(), ...words.map(delta)]), hang)

  test('relayed: with finish_reason `length` and [DONE], and no error', async () => {
    house.upstream.next(endless)
    const { isWhole, text } = await read(await askStream(house.url, bounded, { headers: newCaller() }))
    expect(isWhole).toBe(true)
    expect(text).toContain('"finish_reason":"length"')
    expect(text).not.toContain('"error"')
    await house.upstream.until(({ open }) => open === 0)
  })

  test('durable: the same, and its last chunk says `budget`', async () => {
    house.upstream.next(endless)
    const { isWhole, text } = await read(await openStream(house.url, bounded, { headers: newCaller() }))
    expect(isWhole).toBe(true)
    expect(text).toContain('"finish_reason":"length"')
    expect(text).toContain('"state":"budget"')
  })

  test('/chat: as a whole answer of that length', async () => {
    house.upstream.next(endless)
    const request = JSON.stringify({
      model: 'gpt-test',
      messages: [{ role: 'user', content: 'x' }],
      ...bounded,
    })
    const { text, error } = await receive(await chat(house.url, request, { headers: newCaller() }))
    expect(error).toBeUndefined()
    expect(text).toMatch(/^word0 /)
    expect(text).not.toContain('word60 ')
  })
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

  test.each<[string, string[], number | ((used: number) => boolean)]>([
    ['reasoning in the total alone', [delta('a'), usageChunk(said(32, 9, 135))], 135],
    ['zeros beside text', [delta('a b c'), usageChunk(said(0, 0, 0))], (used) => used > 10],
    ['an early count, and then text', [usageChunk(said(9, 4, 13)), ...long.map(delta)], 9 + counted],
    [
      'in the choice',
      [event(chunk({}, { choices: [{ index: 0, delta: { content: 'a' }, usage: USAGE }] }))],
      13,
    ],
    ['in x_groq', [delta('a'), event(chunk({}, { choices: [], x_groq: { usage: USAGE } }))], 13],
    ['in an error', [delta('a'), event({ error: { message: 'm' }, usage: USAGE })], 13],
  ])('%s', async (_, sent, expected) => {
    const caller = newCaller()
    house.upstream.next(events([...sent, DONE_EVENT]))
    await receive(await askStream(house.url, {}, { headers: caller }))
    const used = async () => (await usageOf(house.url, caller)).tokens.used
    if (typeof expected === 'number') await expect.poll(used).toBe(expected)
    else await expect.poll(async () => expected(await used())).toBe(true)
  })

  test('of a JSON answer to a streamed call', async () => {
    const caller = newCaller()
    house.upstream.next(json(completion('Hello', { usage: USAGE })))
    expect((await askStream(house.url, {}, { headers: caller })).status).toBe(502)
    await expect.poll(async () => (await usageOf(house.url, caller)).tokens.used).toBe(USAGE.total_tokens)
  })
})
