import { expect, test } from 'vitest'
import { en } from '../../../../client/widget/strings/en.ts'
import { allowanceLine, createAllowance } from '../../../../client/widget/visitor/allowance.ts'

test.each([
  [{ left: 12_400, limit: 100_000 }, 'You’ve nearly reached today’s limit'],
  [{ left: 20_000, limit: 100_000 }, 'You’ve nearly reached today’s limit'],
  [{ left: 20_001, limit: 100_000 }, ''],
  [{ left: 0, limit: 100_000 }, 'You’ve reached today’s limit'],
  [{ left: null, limit: null }, ''],
  [{}, ''],
  [undefined, ''],
])('%j is told as %j', (tokens, line) => {
  expect(allowanceLine(tokens, en)).toBe(line)
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

test('near the limit the line says so', async () => {
  const { line, update, ask } = scene(20)
  await ask()
  await update()
  expect([line.textContent, line.hidden]).toEqual(['You’ve nearly reached today’s limit', false])
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
