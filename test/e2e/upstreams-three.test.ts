/** Three upstreams: one after the other, the larger window, and deadlines without one for the first token. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { A_SECOND, budgeted, linesOf, read, STREAMED, servedBy, spent, WHOLE } from '../support/budgeted.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { hang, inOrder, reset, type Script } from '../support/script.ts'
import { failing } from '../support/scripts.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import {
  answers,
  begins,
  failedHead,
  failedWith,
  TRACE_OF_THE_FAILED,
  WAYS,
  type Way,
} from '../support/ways.ts'

const MOST = 30
const { vars, newCaller } = budgeted(MOST)

let servers: [Upstream, Upstream, Upstream]
let millrace: Millrace
/** With deadlines that a busy machine passes too, so it is only for upstreams that are too slow. */
let impatient: Millrace
let made = 0
beforeAll(async () => {
  servers = await Promise.all([startUpstream(), startUpstream(), startUpstream()])
  const numbers = Array.from({ length: MOST }, (_, n) => n)
  const named = (n: number) => servers.map(({ url }, i) => `${'abc'[i]}${n}=${url}/v1`)
  const settings = {
    UPSTREAMS: [...numbers.flatMap(named), `tls=${servers[0].url.replace('http', 'https')}/v1`].join(),
    // The second one's window is no larger than the first one's.
    MODEL_ROUTES: numbers
      .map((n) => `m${n} = a${n} #128k, b${n} #64k, c${n} #1M`)
      .join('; ')
      .concat('; safe = tls, b29'),
    ...vars,
  }
  millrace = await startMillrace(settings)
  impatient = await startMillrace({
    ...settings,
    CONNECT_TIMEOUT_MS: '1000',
    FIRST_BYTE_TIMEOUT_MS: '1000',
    SILENCE_TIMEOUT_MS: '1000',
    TOTAL_TIMEOUT_MS: '6000',
  })
})
afterAll(async () => {
  await millrace?.stop()
  await impatient?.stop()
  for (const server of servers ?? []) await server.stop()
})
async function fresh() {
  for (const server of servers) await server.clear()
  const n = made++
  return { model: `m${n}`, names: [`a${n}`, `b${n}`, `c${n}`], caller: newCaller() }
}
const counts = () => servers.map(({ calls }) => calls.length)

test.each(Object.entries(WAYS))('%s: the third answers, if two fail in two ways', async (_, way) => {
  const { model, names, caller } = await fresh()
  servers[0].next(reset)
  servers[1].next(failing(401, { code: 'invalid_api_key' }))
  servers[2].next(answers)
  const answer = await read(millrace.url, way, model, caller)
  expect(answer.status).toBeLessThan(300)
  expect(answer.upstream).toBe(names[2])
  expect(counts()).toEqual([1, 1, 1])
  const [line] = await linesOf(millrace.logs, model, 1)
  expect(line).toMatchObject({
    upstream: names[2],
    retries: 2,
    attempts: [
      { upstream: names[0], code: 'upstream_unreachable' },
      { upstream: names[1], status: 401, code: 'upstream_refused' },
    ],
  })
  // The owner hears of the key.
  await expect
    .poll(() => millrace.logs.find((line) => line.upstream === names[1]))
    .toMatchObject({ code: 'upstream_refused', setting: `UPSTREAM_KEY_${names[1]?.toUpperCase()}` })
})

test.each<[string, Script]>([
  ['with its status', failing(400, { code: 'context_length_exceeded', message: 'Too long.' })],
  ['in its stream', failedWith('context_length_exceeded')],
])('a context that is too long, %s, goes to the larger window alone', async (_, script) => {
  for (const name of ['a chat, streamed', 'a response, streamed']) {
    const { model, names, caller } = await fresh()
    servers[0].next(script)
    servers[2].next(answers)
    const answer = await read(millrace.url, WAYS[name] as Way, model, caller)
    expect([answer.status, answer.upstream]).toEqual([200, names[2]])
    expect(counts()).toEqual([1, 0, 1])
    // It was the prompt: the first one doesn't rest.
    servers[0].next(answers)
    expect(await servedBy(millrace.url, model, caller)).toBe(names[0])
  }
})

test.each<[string, Script, string]>([
  ['no status', hang, 'upstream_connect_timeout'],
  ['no first byte', inOrder(failedHead, hang), 'upstream_first_byte_timeout'],
  ['no content', inOrder(begins, hang), 'upstream_silence_timeout'],
])(
  'a stream with %s in time goes on, also without a deadline for the first token',
  async (_, script, code) => {
    const { model, names, caller } = await fresh()
    servers[0].next(script)
    const answer = await read(impatient.url, STREAMED, model, caller)
    expect([answer.status, answer.upstream]).toEqual([200, names[1]])
    expect(answer.all).not.toMatch(TRACE_OF_THE_FAILED)
    expect(counts()).toEqual([1, 1, 0])
    expect(await linesOf(impatient.logs, model, 1)).toMatchObject([
      { attempts: [{ upstream: names[0], code }] },
    ])
  },
)

test('an unstreamed call on a silent upstream ends with the whole time, and nobody else is asked', async () => {
  const { model, names, caller } = await fresh()
  servers[0].next(hang)
  const answer = await read(impatient.url, WHOLE, model, caller)
  expect(answer.status).toBe(504)
  expect(answer.text).toContain('upstream_total_timeout')
  expect(counts()).toEqual([1, 0, 0])
  await servers[0].until(({ open }) => open === 0)
  // Six seconds, and the prompt.
  expect(await spent(impatient.url, caller)).toBeGreaterThan(5 * A_SECOND)
  // The end of the time says nothing of the upstream.
  expect(await servedBy(impatient.url, model, caller)).toBe(names[0])
})

test('all fail: the last one is asked again, and its error is the caller’s', async () => {
  const { model, names, caller } = await fresh()
  for (const server of servers.slice(0, 2)) server.next(failing(404, { code: 'model_not_found' }))
  servers[2].next(failing(500), failing(500), failing(500))
  const answer = await read(millrace.url, STREAMED, model, caller)
  expect([answer.status, answer.upstream]).toEqual([502, names[2]])
  expect(answer.text).toContain('upstream_error')
  expect(counts()).toEqual([1, 1, 3])
  expect(await spent(millrace.url, caller)).toBe(0)
  expect(await linesOf(millrace.logs, model, 1)).toMatchObject([{ retries: 4 }])
})

test('the next one is asked where TLS fails', async () => {
  const answer = await read(millrace.url, STREAMED, 'safe', newCaller())
  expect([answer.status, answer.upstream]).toEqual([200, 'b29'])
  expect(await linesOf(millrace.logs, 'safe', 1)).toMatchObject([
    { attempts: [{ upstream: 'tls', code: 'upstream_unreachable' }] },
  ])
})
