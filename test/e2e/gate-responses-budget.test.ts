/** What a response may cost, and what is charged for one that ends early: by what had come of it. */
import { describe, expect, test } from 'vitest'
import { receive, refusal } from '../support/caller.ts'
import { keys, type Sent } from '../support/gate.ts'
import { type House, useHouse } from '../support/house.ts'
import { lineOf } from '../support/log-line.ts'
import {
  begin,
  complete,
  type Members,
  messageEvents,
  named,
  numbered,
  reasoningEvents,
  TEXT_ANSWER,
  USAGE_OF_RESPONSE,
} from '../support/responses.ts'
import { cut, end, hang, inOrder, type Script } from '../support/script.ts'
import { begun, events, json } from '../support/scripts.ts'
import { settledUsage } from '../support/settled-usage.ts'

const { ACCESS_KEYS, newCaller } = keys(60)
const vars = {
  OPEN_ACCESS: 'false',
  ACCESS_KEYS,
  MODELS: 'gpt-test',
  KEY_DAILY_TOKENS: '50000',
  // What came is counted, to the token.
  UNSEEN_TOKENS_PER_SECOND: '0',
}
const house = useHouse(vars)
const bounded = useHouse({ ...vars, MAX_OUTPUT_TOKENS: '100' })
const tiny = useHouse({ ...vars, MAX_OUTPUT_TOKENS: '5' })

/** `Say hello.`: as in a chat. */
const PROMPT = 10
const QUESTION = { model: 'gpt-test', input: 'Say hello.' }
const wire = (list: readonly Members[]) => numbered(list).map(named)

const ask = ({ url }: House, headers: Sent, more: object = {}, init: RequestInit = {}) =>
  fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...QUESTION, ...more }),
    ...init,
  })

const ROUTES: [string, object][] = [
  ['relayed', { stream: true }],
  ['in the background', { stream: true, background: true }],
]

/** What this caller was charged for its one call, by the budget and by the log, which agree. */
async function charged(headers: Sent, response: Response, of = house): Promise<Members> {
  const { tokens } = await settledUsage(of.url, headers)
  const line = await lineOf(response, of)
  expect(line).toMatchObject({ route: '/v1/responses', charged_tokens: tokens.used })
  return { used: tokens.used, end: line.end }
}

const THREE = [...begin(), ...messageEvents(['one', ' two', ' three']).slice(0, 5)]
const THOUGHT = [...begin(), ...reasoningEvents(['one', ' two', ' three']).slice(0, 5)]

describe.each(ROUTES)('%s', (route, how) => {
  const endings: [string, Script, number, string][] = [
    ['whole: what the upstream counted', events(wire(TEXT_ANSWER)), USAGE_OF_RESPONSE.total_tokens, 'done'],
    ['cut: what had come', inOrder(begun(wire(THREE)), end), PROMPT + 3, 'truncated'],
    ['reset: what had come', inOrder(begun(wire(THREE), 1), cut), PROMPT + 3, 'truncated'],
    ['cut in its thoughts', inOrder(begun(wire(THOUGHT)), end), PROMPT + 3, 'truncated'],
  ]
  test.each(endings)('%s', async (_, script, used, how_) => {
    const headers = newCaller()
    house.upstream.next(script)
    const response = await ask(house, headers, how)
    await receive(response)
    expect(await charged(headers, response)).toEqual({ used, end: how_ })
  })

  test('is refused where it does not fit, and the upstream hears nothing of it', async () => {
    const refused = await ask(house, newCaller(), { ...how, max_output_tokens: 50_000 })
    expect([refused.status, await refusal(refused)]).toMatchObject([429, { code: 'tokens_per_day_exceeded' }])
    expect(house.upstream.calls).toHaveLength(0)
  })

  test('stopped or abandoned by its caller: what had come', async () => {
    const headers = newCaller()
    house.upstream.next(inOrder(begun(wire(THREE), 1), hang))
    const leaving = new AbortController()
    const response = await ask(house, headers, how, { signal: leaving.signal })
    const reader = response.body?.getReader()
    let text = ''
    while (!text.includes('three')) text += new TextDecoder().decode((await reader?.read())?.value)
    leaving.abort()
    if (route !== 'relayed') {
      // It goes on without its reader, until it is cancelled.
      const id = /"id":"(resp_[^"]+)"/.exec(text)?.[1]
      expect(house.upstream.open).toBe(1)
      const stopped = await fetch(`${house.url}/v1/responses/${id}/cancel`, { method: 'POST', headers })
      expect(await stopped.json()).toMatchObject({ status: 'cancelled', usage: { output_tokens: 3 } })
    }
    await house.upstream.until(({ open }) => open === 0)
    expect(await lineOf(response, house)).toMatchObject({
      route: '/v1/responses',
      end: 'stopped',
      charged_tokens: PROMPT + 3,
      completion_tokens: 3,
    })
    expect((await settledUsage(house.url, headers)).tokens).toMatchObject({ used: PROMPT + 3, reserved: 0 })
  })

  test.each<[string, () => House, object, number]>([
    ['the owner’s limit, without one', () => bounded, {}, 100],
    ['the caller’s, if it is lower', () => bounded, { max_output_tokens: 40 }, 40],
    ['the owner’s, if it is lower', () => bounded, { max_output_tokens: 400 }, 100],
    ['never less than the upstream takes', () => tiny, {}, 16],
    ['nor for a caller that asks for more', () => tiny, { max_output_tokens: 400 }, 16],
  ])('has `max_output_tokens`: %s', async (_, of, asked, bound) => {
    of().upstream.next(events(wire(TEXT_ANSWER)))
    await receive(await ask(of(), newCaller(), { ...how, ...asked }))
    const [sent] = of().upstream.calls
    expect(sent?.request.max_output_tokens).toBe(bound)
    expect(sent?.request).not.toHaveProperty('max_tokens')
    expect(sent?.request).not.toHaveProperty('max_completion_tokens')
  })

  test('ends at its bound, though the upstream goes on', async () => {
    const headers = newCaller()
    const words = Array<string>(2000).fill(' word')
    bounded.upstream.next(inOrder(begun(wire([...begin(), ...messageEvents(words)]).slice(0, 2000), 2), hang))
    const response = await ask(bounded, headers, how)
    const { text } = await receive(response)
    expect(text).toMatch(/event: response.incomplete\ndata: .*"reason":"max_output_tokens"/)
    await bounded.upstream.until(({ open }) => open === 0)
    const { used, end } = await charged(headers, response, bounded)
    expect(end).toBe('budget')
    expect(used).toBeGreaterThanOrEqual(PROMPT + 100)
  })
})

test('an answer that is not streamed is charged as the upstream counts it', async () => {
  const headers = newCaller()
  house.upstream.next(json(complete([...begin(), ...messageEvents(['Hi'])]).at(-1)?.response))
  const response = await ask(house, headers)
  await receive(response)
  expect(await charged(headers, response)).toEqual({ used: USAGE_OF_RESPONSE.total_tokens, end: 'done' })
})
