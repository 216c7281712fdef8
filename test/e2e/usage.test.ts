/** What an answer cost and how fast it came: told to those who ask, logged for everyone, and no byte changed for the rest. */
import { beforeEach, describe, expect, test } from 'vitest'
import { ask, askStream, chat, dataOf, receive } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { hang, inOrder } from '../support/script.ts'
import { answer, answerInTwo, begun, events, json } from '../support/scripts.ts'
import { answerEvents, errorForms, numbered, USAGE } from '../support/sse.ts'

const house = useHouse()
const official = useHouse({ FILL_USAGE: 'off' })

const INCLUDE_USAGE = { stream_options: { include_usage: true } }
const INCLUDE_TIMING = { stream_options: { include_usage: true, include_timing: true } }
const TOKENS = ['Hello', ',', ' world', '!']
/** `Say hello.` is 3 tokens, its role 1; the formula adds 3 for the message and 3 for the answer. */
const PROMPT = 10

let start = 0
beforeEach(() => {
  start = house.logs.length
})
async function line(): Promise<Record<string, unknown>> {
  await expect.poll(() => house.logs.length).toBeGreaterThan(start)
  return house.logs[start] ?? {}
}

describe('every call is accounted for in the log', () => {
  const estimated = { prompt_tokens: PROMPT, completion_tokens: TOKENS.length, usage_source: 'estimated' }

  test('streamed, with the usage of the upstream', async () => {
    house.upstream.next(answer(TOKENS))
    await receive(await askStream(house.url, INCLUDE_USAGE))
    expect(await line()).toMatchObject({
      end: 'done',
      usage_source: 'upstream',
      completion_tokens: USAGE.completion_tokens,
    })
  })

  test('streamed, counted', async () => {
    house.upstream.next(events(answerEvents(TOKENS)))
    await receive(await askStream(house.url))
    expect(await line()).toMatchObject({ end: 'done', ...estimated })
  })

  test('as plain text', async () => {
    house.upstream.next(events(answerEvents(TOKENS)))
    await receive(await chat(house.url))
    expect(await line()).toMatchObject({ end: 'done', ...estimated })
  })

  test('unstreamed, with usage and without', async () => {
    const choices = [
      { index: 0, message: { role: 'assistant', content: TOKENS.join('') }, finish_reason: 'stop' },
    ]
    house.upstream.next(json({ choices }))
    await ask(house.url)
    expect(await line()).toMatchObject({ end: 'done', ...estimated })
    start = house.logs.length
    house.upstream.next(
      json({ choices, usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 } }),
    )
    await ask(house.url)
    expect(await line()).toMatchObject({ prompt_tokens: 5, completion_tokens: 6, usage_source: 'upstream' })
  })
})

describe('usage that the upstream does not send', () => {
  const sse = answerEvents(TOKENS)

  test('is counted for a caller that asks, before [DONE], and marked', async () => {
    house.upstream.next(events(sse))
    const { text } = await receive(await askStream(house.url, INCLUDE_USAGE))
    const data = dataOf(text)
    expect(data.at(-1)).toBe('[DONE]')
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: PROMPT,
        completion_tokens: TOKENS.length,
        total_tokens: PROMPT + TOKENS.length,
      },
      millrace: { usage_source: 'estimated' },
    })
    expect(data.slice(0, -2)).toEqual(dataOf(sse.join('')).slice(0, -1))
  })

  test('changes nothing for one that does not ask, nor where it is switched off', async () => {
    house.upstream.next(events(sse))
    expect((await receive(await askStream(house.url))).text).toBe(sse.join(''))
    official.upstream.next(events(sse))
    expect((await receive(await askStream(official.url, INCLUDE_USAGE))).text).toBe(sse.join(''))
  })
})

test('an upstream whose answer is refused at its first event is not listened to any longer', async () => {
  house.upstream.next(inOrder(begun([errorForms['a frame of its own']]), hang))
  expect((await chat(house.url)).status).toBe(502)
  await house.upstream.until(({ open }) => open === 0)
})

describe('timing', () => {
  test('stands on the last chunk with the usage; the upstream never hears of it', async () => {
    const { script, go } = answerInTwo(TOKENS, 300)
    house.upstream.next(script)
    const { text } = await receive(await askStream(house.url, INCLUDE_TIMING), go)
    const data = dataOf(text)
    const last = JSON.parse(data.at(-2) ?? '')
    expect(last).toMatchObject({
      choices: [],
      usage: USAGE,
      millrace: { state: 'done', usage_source: 'upstream' },
    })
    const { first_byte_ms, first_token_ms, total_ms, tokens_per_second } = last.millrace.timing
    // The first token comes 300 ms after the role was seen, and so on. Timers may be a little early.
    expect(first_token_ms - first_byte_ms).toBeGreaterThanOrEqual(280)
    expect(total_ms - first_token_ms).toBeGreaterThanOrEqual(800)
    expect(tokens_per_second).toBeGreaterThan(0)
    expect(house.upstream.calls[0]?.body.toString()).not.toContain('include_timing')
    expect(house.upstream.calls[0]?.request).toMatchObject({ stream_options: { include_usage: true } })
  })

  test('/chat?timing says it in words', async () => {
    house.upstream.next(answer(numbered(5), 30))
    const response = await fetch(`${house.url}/chat?timing`, { method: 'POST', body: 'Say hello.' })
    const text = await response.text()
    expect(text.startsWith(`${numbered(5).join('')}\n\n— `)).toBe(true)
    expect(text).toMatch(/— \d+ tokens, the first after \d+\.\d\d s, \d+\.\d ms a token, \d+\.\d s in all\n$/)
  })
})
