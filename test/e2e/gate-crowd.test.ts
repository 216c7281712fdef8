/** All at once: of a crowd of calls, exactly those that the budget has room for reach the upstream. */
import { beforeEach, describe, expect, test } from 'vitest'
import { receive } from '../support/caller.ts'
import { keys, openStream, ROUTES, type Sent, usageOf, VISITORS } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { begin, complete, messageEvents, named, numbered } from '../support/responses.ts'
import { inOrder, type Script } from '../support/script.ts'
import { events, json } from '../support/scripts.ts'
import { settledUsage } from '../support/settled-usage.ts'
import { chunk, completion, DONE_EVENT, delta, event, role } from '../support/sse.ts'

const CALLS = 200
const FITTING = 20
const ROUNDS = 3

/** What a call puts aside, and uses to the last token: `Say hello.` and its answer. */
const PROMPT = 10
const OUTPUT = 90
const usage = { prompt_tokens: PROMPT, completion_tokens: OUTPUT, total_tokens: PROMPT + OUTPUT }
const BUDGET = FITTING * (PROMPT + OUTPUT)

const counted = { input_tokens: PROMPT, output_tokens: OUTPUT, total_tokens: PROMPT + OUTPUT }
const response = complete([...begin(), ...messageEvents(['Hi'])], { usage: counted })

const list = [role(), delta('Hi'), event(chunk({}, { choices: [], usage })), DONE_EVENT]
const costly: Script = (reply) => {
  const { path, request } = reply.call
  if (path === '/v1/responses') return events(numbered(response).map(named))(reply)
  return (request.stream === true ? events(list) : json(completion('Hi', { usage })))(reply)
}

const askResponse =
  (background: boolean): (typeof ROUTES)[number][1] =>
  (url, _, init = {}) =>
    fetch(`${url}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({
        ...{ model: 'gpt-test', input: 'Say hello.', max_output_tokens: OUTPUT },
        ...{ stream: true, background },
      }),
      ...init,
      headers: { 'content-type': 'application/json', ...init.headers },
    })

const { ACCESS_KEYS, callers, newCaller } = keys(40)
const own = useHouse({ ...VISITORS, ACCESS_KEYS, KEY_DAILY_TOKENS: String(BUDGET) })
const total = useHouse({ ...VISITORS, ACCESS_KEYS, TOTAL_DAILY_TOKENS: String(BUDGET) })
const idle = useHouse({ ...VISITORS, ACCESS_KEYS, TOTAL_DAILY_TOKENS: String(BUDGET) })

/** Asks so often in the same instant. @returns how many were answered, and how many refused for this */
async function crowd(ask: (i: number) => Promise<Response>, code: string) {
  const answers = await Promise.all(
    Array.from({ length: CALLS }, async (_, i) => {
      const response = await ask(i)
      return { status: response.status, text: (await receive(response)).text }
    }),
  )
  return {
    answered: answers.filter(({ status }) => status < 300).length,
    refused: answers.filter(({ status, text }) => status === 429 && text.includes(code)).length,
  }
}

beforeEach(() => {
  own.upstream.when(() => costly)
  total.upstream.when(() => costly)
  idle.upstream.when(() => costly)
})

const routes: typeof ROUTES = [
  ...ROUTES.filter(([name]) => name === 'streamed' || name === '/v1/streams'),
  ['/v1/responses', askResponse(false)],
  ['/v1/responses in the background', askResponse(true)],
]
describe.each(routes)(`${CALLS} calls against a budget for ${FITTING}, %s`, (_, ask) => {
  test(`exactly ${FITTING} reach the upstream, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const headers = newCaller()
      const { answered, refused } = await crowd(
        () => ask(own.url, { max_tokens: OUTPUT }, { headers }),
        'tokens_per_day_exceeded',
      )
      expect([answered, refused, own.upstream.calls.length]).toEqual([FITTING, CALLS - FITTING, FITTING])
      expect((await settledUsage(own.url, headers)).tokens).toEqual({
        used: BUDGET,
        reserved: 0,
        limit: BUDGET,
        left: 0,
      })
      await own.upstream.clear()
      own.upstream.when(() => costly)
    }
  })
})

test('nor do they while none has ended: what is put aside counts', async () => {
  const headers = newCaller()
  const finish = Promise.withResolvers<void>()
  own.upstream.next(...Array<Script>(FITTING).fill(inOrder(() => finish.promise, costly)))
  let refused = 0
  const answers = Array.from({ length: CALLS }, async () => {
    const response = await openStream(own.url, { max_tokens: OUTPUT }, { headers })
    // The last of the refusals lets the answers go on.
    if (response.status === 429 && ++refused === CALLS - FITTING) finish.resolve()
    await receive(response)
  })
  await Promise.all(answers)
  expect([refused, own.upstream.calls.length]).toEqual([CALLS - FITTING, FITTING])
})

test(`the deployment's total is never passed, whoever asks: ${CALLS} calls of 40 callers`, async () => {
  const { answered, refused } = await crowd(
    (i) =>
      ROUTES[i % 4]?.[1](
        total.url,
        { max_tokens: OUTPUT },
        { headers: callers[i % 40] as Sent },
      ) as Promise<Response>,
    'total_tokens_per_day_exceeded',
  )
  expect(answered + refused).toBe(CALLS)
  expect(total.upstream.calls).toHaveLength(answered)
  // Each takes what one question needs, for the day has little more: so none is left lying.
  expect(answered).toBe(FITTING)
  const used = await Promise.all(
    callers.slice(0, 40).map(async (headers) => (await usageOf(total.url, headers)).tokens),
  )
  const sum = used.reduce((all, { used, reserved }) => all + used + reserved, 0)
  expect(sum).toBeLessThanOrEqual(BUDGET)
})

test('what a caller reserved and did not use is called back for the next one', async () => {
  const [first, second] = callers as [Sent, Sent]
  const most = { max_tokens: BUDGET - PROMPT }
  const answered = await openStream(idle.url, most, { headers: first })
  expect(answered.status).toBe(201)
  await receive(answered)
  await expect.poll(async () => (await usageOf(idle.url, first)).tokens.reserved).toBe(0)

  const refused = await openStream(idle.url, most, { headers: second })
  expect(refused.status, 'there is not as much left').toBe(429)
  const fitting = { max_tokens: BUDGET - PROMPT - (PROMPT + OUTPUT) }
  expect((await openStream(idle.url, fitting, { headers: second })).status).toBe(201)
})
