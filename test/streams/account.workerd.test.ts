/** What a durable stream is settled at, however it ended. */
import { runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { OPENING_GRACE_MS, PROGRESS_CHARS, UNSEEN_TOKENS_PER_SECOND } from '../../worker/limits.ts'
import { Caller } from '../protocol/caller.ts'
import { gate, type Plan, plan } from '../protocol/plan.ts'
import { delta, numbered } from '../support/sse.ts'

vi.mock('../../worker/upstreams/demo.ts', () => import('../protocol/plan-in-process.ts'))

const LIMITS = { tokensPerDay: 100_000, concurrency: undefined, sliced: false }
const messages = [{ role: 'user', content: 'Say hello.' }]
/** `Say hello.` is 3 tokens, its role 1; the formula adds 3 for the message and 3 for the answer. */
const PROMPT = 10

const demo = new Caller((path, asked) => exports.default.fetch(`http://localhost${path}`, asked))
const newCaller = () => exports.Caller.getByName(`key:${crypto.randomUUID()}`)

async function open(stub: ReturnType<typeof newCaller>, itsPlan: Plan, output = 100) {
  const model = 'millrace-demo'
  const { answer } = await stub.open({
    format: 'chat-completions',
    bytes: new TextEncoder().encode(JSON.stringify({ model, stream: true, messages, plan: itsPlan })),
    model,
    idempotency: undefined,
    after: 0,
    reservation: {
      id: crypto.randomUUID(),
      prompt: PROMPT,
      output,
      expiresAt: Date.now() + 60_000,
    },
    limits: LIMITS,
  })
  if (answer === undefined) throw new Error('It was refused.')
  return { id: answer.id, text: new Response(answer.events).text() }
}

const usage = async (stub: ReturnType<typeof newCaller>) => (await stub.usage(LIMITS)).answer

test('a stream that the upstream refuses late is charged nothing; one stopped before its first byte is charged for the time', async () => {
  const [late, never] = [gate(), gate()]
  const [refused, stopped] = [newCaller(), newCaller()]
  const error = { error: { message: 'Come back later.' } }
  const [one, other] = await Promise.all([
    open(refused, plan(late, { refuse: 503, body: error })),
    open(stopped, plan(never), 10_000),
  ])
  const log = vi.spyOn(console, 'log')
  await demo.open(late)
  expect(await one.text).toContain('"code":"upstream_overloaded"')
  await stopped.stop(other.id)
  expect(await usage(refused)).toMatchObject({ used: 0, reserved: 0, running: 0 })
  const { used = 0, ...rest } = (await usage(stopped)) ?? {}
  expect(used).toBeGreaterThanOrEqual(PROMPT + (OPENING_GRACE_MS / 1000) * UNSEEN_TOKENS_PER_SECOND)
  expect(rest).toMatchObject({ reserved: 0, running: 0 })
  const lines = log.mock.calls.map(([line]) => JSON.parse(line)).filter(({ end }) => end !== undefined)
  const of = (end: string) => lines.filter((line) => line.route === '/v1/streams' && line.end === end)
  expect(of('failed')).toHaveLength(1)
  expect(of('failed')[0]).not.toHaveProperty('prompt_tokens')
  expect(of('stopped')).toEqual([expect.objectContaining({ prompt_tokens: PROMPT, charged_tokens: used })])
  log.mockRestore()
})

test('an answer that outgrows its reservation is charged in full, including the chunk with which it does', async () => {
  const stub = newCaller()
  const { text } = await open(stub, plan(delta(numbered(5000).join(' ')), gate()))
  expect(await text).toContain('"state":"budget"')
  const { used, running } = (await usage(stub)) ?? {}
  expect(used).toBeGreaterThanOrEqual(5000)
  expect(running).toBe(0)
})

test('a running answer reserves as much as its last noted progress, which it would be charged if never settled', async () => {
  const stub = newCaller()
  const words = Array.from({ length: PROGRESS_CHARS / 4 }, () => delta('word '))
  const more = gate()
  const { id, text } = await open(stub, plan(...words, more), 10_000)
  const noted = () =>
    runInDurableObject(
      stub,
      (_, { storage }) => storage.sql.exec('SELECT known FROM reservation').one().known,
    )
  await expect.poll(noted).toBeGreaterThan(PROGRESS_CHARS / 10)
  await stub.stop(id)
  await text
  const { used = 0 } = (await usage(stub)) ?? {}
  expect(used).toBeGreaterThanOrEqual(PROMPT + PROGRESS_CHARS / 4)
})
