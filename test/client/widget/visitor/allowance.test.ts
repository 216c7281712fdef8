import { expect, test } from 'vitest'
import { strings as de } from '../../../../client/widget/strings/de.ts'
import { en } from '../../../../client/widget/strings/en.ts'
import { allowanceLine, createAllowance } from '../../../../client/widget/visitor/allowance.ts'

test.each([
  [{ left: 12_400, limit: 100_000 }, '12,400 of 100,000 tokens left today'],
  [{ left: 20_000, limit: 100_000 }, '20,000 of 100,000 tokens left today'],
  [{ left: 20_001, limit: 100_000 }, ''],
  [{ left: 0, limit: 100_000 }, 'No tokens left today'],
  [{ left: null, limit: null }, ''],
  [{}, ''],
  [undefined, ''],
])('%j is told as %j', (tokens, line) => {
  expect(allowanceLine(tokens, en)).toBe(line)
})

test('each language writes its numbers in its own way', () => {
  expect(allowanceLine({ left: 1_400, limit: 100_000 }, de)).toBe('Heute noch 1.400 von 100.000 Token übrig')
})

const WORKER = 'https://millrace.example.com'

/** A server that says so much is left: with each answer, and when it is asked. */
function scene(left: number | null, usage: unknown = { tokens: { left, limit: 100 } }) {
  const asked: string[] = []
  const send: typeof fetch = async (input) => {
    asked.push(String(input))
    if (String(input) === `${WORKER}/v1/usage`) {
      if (usage === 'lost') throw new TypeError('fetch failed')
      return Response.json(usage)
    }
    const rates = { 'x-ratelimit-limit-tokens': '100', 'x-ratelimit-remaining-tokens': String(left) }
    return new Response('', left === null ? {} : { headers: rates })
  }
  const line = { textContent: '', hidden: true } as HTMLElement
  const allowance = createAllowance(line, WORKER, send, en)
  return { asked, line, update: allowance.update, ask: () => allowance.watch(send)(`${WORKER}/v1/streams`) }
}

test.each([null, 21])('with %j left of 100 nobody is asked', async (left) => {
  const { asked, line, update, ask } = scene(left)
  await ask()
  await update()
  expect([asked, line.hidden]).toEqual([[`${WORKER}/v1/streams`], true])
})

test('near the limit the line says what is left', async () => {
  const { line, update, ask } = scene(20)
  await ask()
  await update()
  expect([line.textContent, line.hidden]).toEqual(['20 of 100 tokens left today', false])
})

test.each([
  ['is not asked for here', { tokens: { left: null, limit: null } }],
  [
    'is far after all, once an answer has taken less than was put aside for it',
    { tokens: { left: 60, limit: 100 } },
  ],
  ['can’t be had', 'lost'],
  ['is not told', {}],
])('there is no line where the limit %s', async (_name, usage) => {
  const { line, update, ask } = scene(20, usage)
  await ask()
  await update()
  expect(line.hidden).toBe(true)
})
