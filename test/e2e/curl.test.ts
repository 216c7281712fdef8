/** Anyone with a terminal: `curl -N https://host/chat -d 'Why is the sky blue?'`. */
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dataOf, QUESTION } from '../support/caller.ts'
import { curl, startCurl } from '../support/curl.ts'
import { expectInTurn, fedAnswer } from '../support/fed-answer.ts'
import { useHouse } from '../support/house.ts'
import { cut, end, hang, inOrder, reset, type Script, send, wait } from '../support/script.ts'
import { answer, begun, failing } from '../support/scripts.ts'
import { answerEvents, delta, errorForms, numbered, role } from '../support/sse.ts'

const house = useHouse({ MODELS: 'gpt-first, gpt-second' })
/** For an upstream that falls silent. */
const impatient = useHouse({ SILENCE_TIMEOUT_MS: '1200' })

const at = (path: string) => `${house.url}${path}`
const asked = () => house.upstream.calls[0]?.request

/** Status line and headers go to the output's end, after a line of its own. */
const WITH_STATUS = ['-w', '\n%{http_code} %{content_type}']

describe('the question', () => {
  test('is the body', async () => {
    const { text, status } = await curl(at('/chat'), '-d', 'Why is the sky blue?')
    expect(status).toBe(0)
    expect(text.trimEnd()).toBe('Hello, world!')
    expect(asked()).toMatchObject({
      model: 'gpt-first',
      stream: true,
      messages: [{ role: 'user', content: 'Why is the sky blue?' }],
    })
  })

  test('keeps its lines, from a file', async () => {
    const file = join(tmpdir(), `millrace-question-${process.pid}.txt`)
    await writeFile(file, 'First line.\n\n  Third.\n')
    await curl(at('/chat'), '--data-binary', `@${file}`)
    expect(asked()?.messages).toEqual([
      { role: 'user', content: expect.stringMatching(/^First line\.\n\n {2}Third\.\n?$/) },
    ])
  })

  test('may be JSON as OpenAI takes it, with or without its type', async () => {
    const request = { ...QUESTION, model: 'gpt-second', temperature: 0.1, unknown: [1] }
    for (const type of [[], ['-H', 'content-type: application/json']]) {
      expect((await curl(at('/chat'), ...type, '-d', JSON.stringify(request))).text.trimEnd()).toBe(
        'Hello, world!',
      )
    }
    const asked = { ...request, stream: true, stream_options: { include_usage: true } }
    for (const call of house.upstream.calls) expect(call.request).toEqual(asked)
    expect(house.upstream.calls).toHaveLength(2)
  })
})

describe('each delta is there before the next is sent', () => {
  const tokens = numbered(12)

  test.each<[string, string[]]>([
    ['-N', ['-N']],
    ['--compressed -N', ['--compressed', '-N']],
  ])('%s', async (_, args) => {
    const fed = fedAnswer()
    house.upstream.next(fed.script)
    const curling = startCurl(...args, at('/chat'), '-d', 'Count.')
    await expectInTurn(fed, tokens, curling.text)
    fed.end()
    const { status, text } = await curling.over
    expect([status, text.trimEnd()]).toEqual([0, tokens.join('').trimEnd()])
  })

  test('as SSE too', async () => {
    const fed = fedAnswer()
    house.upstream.next(fed.script)
    const body = JSON.stringify({ ...QUESTION, model: 'gpt-first', stream: true })
    const json = ['-H', 'content-type: application/json', '-d', body]
    const curling = startCurl('-N', '--compressed', at('/v1/chat/completions'), ...json)
    const deltas = () => dataOf(curling.text()).map((data) => JSON.parse(data).choices[0].delta.content ?? '')
    await expectInTurn(fed, tokens, () => deltas().join(''))
    fed.end()
    expect((await curling.over).text).toBe(answerEvents(tokens).join(''))
  })
})

describe('an answer that breaks off: what came is there, and curl fails', () => {
  const half = begun([role(), delta('half')])

  test.each<[string, Script]>([
    ['the upstream ends without [DONE]', inOrder(half, end)],
    ['it closes', inOrder(half, cut)],
    ['it resets', inOrder(half, wait(50), reset)],
    ...Object.entries(errorForms).map(([name, form]): [string, Script] => [
      `it reports an error: ${name}`,
      inOrder(half, send(form), end),
    ]),
  ])('%s', async (_, script) => {
    house.upstream.next(script)
    const { text, status } = await curl('-N', at('/chat'), '-d', 'Hi')
    expect(text).toBe('half')
    expect(status).not.toBe(0)
  })
})

test('an answer whose upstream falls silent: what came is there, and curl fails', async () => {
  impatient.upstream.next(inOrder(begun([role(), delta('half')]), hang))
  const { text, status } = await curl('-N', `${impatient.url}/chat`, '-d', 'Hi')
  expect(text).toBe('half')
  expect(status).not.toBe(0)
})

describe('a refusal is its status and one line of text', () => {
  test.each<[string, string[], Script | undefined, string, RegExp]>([
    ['no question', ['-d', ''], undefined, '400', /empty|question/i],
    [
      'a model that is not offered',
      ['-d', '{"model":"gpt-5","messages":[{"role":"user","content":"Hi"}]}'],
      undefined,
      '404',
      /model/i,
    ],
    [
      'a rate limit',
      ['-d', 'Hi'],
      failing(429, { message: 'Slow down.' }, { 'retry-after': '20' }),
      '429',
      /Slow down\./,
    ],
    [
      'a request that the upstream rejects',
      ['-d', 'Hi'],
      failing(400, { message: 'Too\nlong.' }),
      '400',
      /Too long\./,
    ],
    ['a key that the upstream refuses', ['-d', 'Hi'], failing(401), '502', /upstream/i],
  ])('%s', async (_, args, script, code, words) => {
    if (script !== undefined) house.upstream.next(script)
    const { text, status } = await curl(at('/chat'), ...WITH_STATUS, ...args)
    expect(status).toBe(0)
    const [line, ...rest] = text.split('\n')
    expect(rest.filter(Boolean)).toEqual([`${code} text/plain; charset=utf-8`])
    expect(line).toMatch(words)
    expect(line).not.toMatch(/[{}]/)
  })

  test('with --fail, curl fails', async () => {
    house.upstream.next(failing(400))
    expect((await curl('--fail', at('/chat'), '-d', 'Hi')).status).toBe(22)
  })

  test('GET says how it is done', async () => {
    const { text } = await curl(at('/chat'), ...WITH_STATUS)
    expect(text).toMatch(/\n405 text\/plain; charset=utf-8$/)
    expect(house.upstream.calls).toHaveLength(0)
  })
})

test('ctrl-C ends the call at the upstream', async () => {
  // More than could be sent by then.
  house.upstream.next(answer(numbered(2000), 10))
  const curled = curl('-N', '--max-time', '2', at('/chat'), '-d', 'Hi')
  const call = await house.upstream.call(1)
  expect((await curled).status).toBe(28)
  await call.over
  expect(call.closedAt).toBeDefined()
})
