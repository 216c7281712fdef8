/** Questions and answers are judged before they are shown: over every way an answer travels. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { EndState } from '../../worker/protocol/wire.ts'
import { ask, askStream, chat, dataOf, receive, refusal } from '../support/caller.ts'
import { curl, startCurl } from '../support/curl.ts'
import { type House, UPSTREAM_KEY, useHouse } from '../support/house.ts'
import { startMillrace } from '../support/millrace.ts'
import { isModeration, verdict } from '../support/moderation-server.ts'
import { hang, inOrder, type Script, send, wait } from '../support/script.ts'
import { answer, begun, failing, json } from '../support/scripts.ts'
import { answerEvents, completion, delta, numbered, role, USAGE } from '../support/sse.ts'

const holding = useHouse({ MODERATION: 'both' })
const retracting = useHouse({ MODERATION: 'output', MODERATION_MODE: 'retract' })
const open = useHouse({ MODERATION: 'both', MODERATION_UNREACHABLE: 'open' })

const isBad = (text: string) => text.includes('bomb')

/** What the moderation and the model of a house answer with. */
function when({ upstream }: House, scripts: { moderation?: Script; model?: Script }): void {
  const { moderation = verdict(isBad), model = answer(WORDS) } = scripts
  upstream.when((call) => (isModeration(call) ? moderation : model))
}

const WORDS = numbered(100)
const BAD_WORDS = WORDS.with(60, 'a bomb ')
const BAD_QUESTION = { messages: [{ role: 'user', content: 'How do I build a bomb?' }] }
const TIMED = { stream_options: { include_usage: true, include_timing: true } }

let start: Map<House, number>
beforeEach(() => {
  start = new Map([holding, retracting, open].map((house) => [house, house.logs.length]))
})
/** The record of this test's call that ended so: one of the test before may come late. */
async function line(house: House, end: EndState): Promise<Record<string, unknown>> {
  const found = () => house.logs.slice(start.get(house)).find((record) => record.end === end)
  await expect.poll(found).toBeDefined()
  return found() ?? {}
}

const contentOf = (sse: string) =>
  dataOf(sse)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data).choices?.[0]?.delta?.content ?? '')
    .join('')
const modelCall = ({ upstream }: House) => upstream.calls.find((call) => !isModeration(call))
const judgements = ({ upstream }: House) => upstream.calls.filter(isModeration)

describe('the question', () => {
  test('is judged beside the call: neither waits for the other', async () => {
    const both = holding.upstream.call(2).then(() => {})
    when(holding, {
      moderation: inOrder(() => both, verdict(isBad)),
      model: inOrder(() => both, answer(['Hi'])),
    })
    const response = await askStream(holding.url)
    const [judgement] = judgements(holding)
    expect(judgement?.request).toEqual({ model: 'omni-moderation-latest', input: 'Say hello.' })
    expect(judgement?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
    expect(contentOf((await receive(response)).text)).toBe('Hi')
  })

  test.each([
    ['before the answer begins', [], hang],
    ['after the answer has begun', [role(), delta('It')], inOrder(begun([role(), delta('It')]), hang)],
  ])('flagged %s: no answer, and the call is aborted', async (_, words, model) => {
    const begins = () => expect.poll(() => modelCall(holding)?.sent.length).toBe(words.length)
    when(holding, { moderation: inOrder(begins, verdict(isBad)), model })
    const response = await askStream(holding.url, BAD_QUESTION)
    expect(response.status).toBe(400)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await refusal(response)).toEqual({
      message: 'The question was flagged by moderation.',
      type: 'invalid_request_error',
      param: null,
      code: 'content_filter',
    })
    await modelCall(holding)?.over
    expect(modelCall(holding)?.closedAt).toBeDefined()
    expect(await line(holding, 'moderated')).toMatchObject({ status: 400, code: 'content_filter' })
  })

  test('that nobody can judge gets no answer, or one, as configured', async () => {
    when(holding, { moderation: failing(401) })
    const response = await askStream(holding.url)
    expect(response.status).toBe(503)
    expect(response.headers.get('x-should-retry')).toBe('true')
    expect(await refusal(response)).toMatchObject({ code: 'moderation_unavailable' })
    when(open, { moderation: failing(401) })
    expect(contentOf((await receive(await askStream(open.url))).text)).toBe(WORDS.join(''))
  })
})

describe('the answer, held', () => {
  test('what passes is the upstream’s bytes', async () => {
    when(holding, {})
    expect((await receive(await askStream(holding.url))).text).toBe(answerEvents(WORDS).join(''))
  })

  test('flagged: nothing of it is shown, the end says why, the upstream is aborted, and it is accounted for', async () => {
    const model = inOrder(begun(answerEvents(BAD_WORDS).slice(0, -2)), hang)
    when(holding, { model })
    const { text, error } = await receive(await askStream(holding.url))
    expect(error).toBeUndefined()
    const shown = contentOf(text)
    expect(BAD_WORDS.join('').startsWith(shown)).toBe(true)
    expect(shown).not.toContain('a')
    const [last, done] = dataOf(text).slice(-2)
    expect(JSON.parse(last ?? '').choices).toEqual([{ index: 0, delta: {}, finish_reason: 'content_filter' }])
    expect(done).toBe('[DONE]')
    expect(text).not.toContain('millrace')
    await modelCall(holding)?.over
    expect(modelCall(holding)?.closedAt).toBeDefined()
    const account = await line(holding, 'moderated')
    expect(account).toMatchObject({ usage_source: 'estimated', status: 200 })
    // All that the upstream had sent, not only what was shown.
    expect(account.completion_tokens).toBeGreaterThan(150)
  })

  test('flagged: the last chunk has what was asked for', async () => {
    when(holding, { model: inOrder(begun(answerEvents(BAD_WORDS).slice(0, -2)), hang) })
    const { text } = await receive(await askStream(holding.url, TIMED))
    const last = JSON.parse(dataOf(text).at(-2) ?? '')
    expect(last).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 10 },
      millrace: {
        state: 'moderated',
        usage_source: 'estimated',
        timing: { first_token_ms: expect.any(Number) },
      },
    })
    const counted = await receive(await askStream(holding.url, { stream_options: { include_usage: true } }))
    expect(JSON.parse(dataOf(counted.text).at(-2) ?? '')).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 10 },
      millrace: { state: 'moderated', usage_source: 'estimated' },
    })
  })
})

describe('the answer, unstreamed', () => {
  test('is judged whole before it is sent', async () => {
    when(holding, { model: json(completion('fine')) })
    expect(await (await ask(holding.url)).json()).toEqual(completion('fine'))
    expect(judgements(holding).map(({ request }) => request.input)).toEqual(['Say hello.', 'fine'])
  })

  test('flagged: it comes without its words, and is accounted for', async () => {
    when(holding, { model: json(completion('a bomb')) })
    const response = await ask(holding.url)
    expect(response.status).toBe(200)
    const { choices, usage } = (await response.json()) as ReturnType<typeof completion>
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: '', refusal: null },
        logprobs: null,
        finish_reason: 'content_filter',
      },
    ])
    expect(usage).toEqual(USAGE)
    const account = await line(holding, 'moderated')
    expect(account).toMatchObject({ completion_tokens: USAGE.completion_tokens })
  })
})

describe('the answer, as plain text', () => {
  const asked = (house: House) => ['-N', '-d', 'Say hello.', `${house.url}/chat`]

  test('passes as it is', async () => {
    when(holding, {})
    expect(await curl(...asked(holding))).toMatchObject({ text: WORDS.join(''), status: 0 })
  })

  test.each([
    ['held', holding],
    ['where others may retract', retracting],
  ])('flagged in the middle, %s: nothing of it is shown, and the connection breaks', async (_, house) => {
    // In two goes: the second comes once some of the first is shown.
    const list = answerEvents(BAD_WORDS)
    const shown = Promise.withResolvers<void>()
    const model = inOrder(begun(list.slice(0, 50)), () => shown.promise, send(...list.slice(50)), hang)
    when(house, { model })
    const curling = startCurl(...asked(house))
    await expect.poll(() => curling.text().length).toBeGreaterThan(50)
    shown.resolve()
    const { text, status } = await curling.over
    expect(status).toBe(18)
    expect(text.length).toBeGreaterThan(50)
    expect(BAD_WORDS.join('').startsWith(text)).toBe(true)
    expect(text).not.toContain('a')
    expect(await line(house, 'moderated')).toMatchObject({ status: 200, usage_source: 'estimated' })
  })
})

describe('the answer, shown ahead and taken back', () => {
  test('flagged: the end says, unasked, how much is to be withdrawn', async () => {
    when(retracting, { moderation: inOrder(wait(100), verdict(isBad)), model: answer(BAD_WORDS) })
    const { text } = await receive(await askStream(retracting.url))
    const shown = contentOf(text)
    expect(shown).toContain('a bomb')
    const [finished, last, done] = dataOf(text).slice(-3)
    expect(JSON.parse(finished ?? '').choices[0].finish_reason).toBe('content_filter')
    const { choices, millrace } = JSON.parse(last ?? '')
    expect(choices).toEqual([])
    expect(millrace).toEqual({ state: 'moderated', retract: { 0: expect.any(Number) } })
    expect(shown.slice(0, -millrace.retract[0])).not.toContain('a')
    expect(done).toBe('[DONE]')
    await line(retracting, 'moderated')
  })
})

test('without a key the demo has a moderation of its own', async () => {
  const demo = await startMillrace({ MODERATION: 'both', DEMO_SPEED: '1000' })
  try {
    const { text } = await receive(
      await askStream(demo.url, { messages: [{ role: 'user', content: 'Hello' }], model: undefined }),
    )
    expect(text).toContain('[DONE]')
    expect(text).not.toContain('content_filter')
    expect((await chat(demo.url, 'a question, [flagged]')).status).toBe(400)
    const flagged = await chat(demo.url, 'Why is the sky blue? [flag the answer]')
    const { text: shown, error } = await receive(flagged)
    expect(shown.length).toBeGreaterThan(100)
    expect(shown).not.toContain('[flag')
    expect(error).toBeDefined()
  } finally {
    await demo.stop()
  }
})

describe('how much may be taken back', () => {
  const told = (response: Response) => response.headers.get('moderation-retract-chars')

  test('is told on each streamed answer that is shown before it is judged, and on no other', async () => {
    for (const [house, chars] of [
      [retracting, '1000'],
      [holding, null],
    ] as const) {
      when(house, {})
      const relayed = await askStream(house.url)
      const durable = await fetch(`${house.url}/v1/streams`, {
        method: 'POST',
        body: JSON.stringify({ messages: [{ role: 'user', content: 'Why?' }] }),
        headers: { 'content-type': 'application/json' },
      })
      const followed = await fetch(`${house.url}${durable.headers.get('location')}`)
      expect([relayed, durable, followed].map(told)).toEqual([chars, chars, chars])
      for (const response of [relayed, durable, followed]) await receive(response)
      when(house, { model: json(completion('Whole.')) })
      const whole = [await ask(house.url), await chat(house.url)]
      expect(whole.map(told)).toEqual([null, null])
      for (const response of whole) await receive(response)
    }
  })
})
