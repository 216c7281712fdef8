/**
 * Whatever the route and the moderation, and whenever the caller leaves: a call is settled once, has one line
 * in the log, and nothing of its tokens and its place stays taken.
 */
import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { app } from '../../worker/app.ts'
import { stateOf } from '../../worker/budget/budget-state.ts'
import { readConfig } from '../../worker/config/config.ts'
import { ApiError } from '../../worker/errors.ts'
import { SETTLED_AFTER_LEAVING_MS, VISITOR_TOKENS } from '../../worker/limits.ts'
import { tagsOf } from '../../worker/objects/shards.ts'
import { sqlOf } from '../../worker/objects/sql.ts'
import { EVENT_STREAM } from '../../worker/protocol/wire.ts'
import { createCallerStreams } from '../../worker/streams/caller-streams.ts'
import { chooseModeration } from '../../worker/upstreams/choose.ts'
import { createRests } from '../../worker/upstreams/rest.ts'
import { createSessions } from '../../worker/visitors/session.ts'
import { allWords } from '../support/all-words.ts'
import { anUpstream } from '../support/an-upstream.ts'
import { begin, complete, messageEvents, named, numbered } from '../support/responses.ts'
import { answerEvents, completion, errorForms } from '../support/sse.ts'

/** test/vitest.config.ts */
declare const FUZZ_SEED: number

const PAGE = 'https://shop.example'
const SECRET = 'a secret of more than thirty-two characters'
const KEY = 'mr_q7wXs0mZ2kLr9tYb4nVd'
const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(KEY))).toHex()
const sessions = createSessions(SECRET)
const NOTHING_USED = { used: 0, reserved: 0, spent: 0, certain: 0, running: 0 }
const LIMITS = { tokensPerDay: 100_000, concurrency: 3, sliced: false }

const ROUTES = [
  'unstreamed',
  'streamed',
  'with usage',
  '/chat',
  '/v1/responses',
  '/v1/responses, unstreamed',
] as const
const isResponse = ({ route }: Pick<Scene, 'route'>) => route.startsWith('/v1/responses')
const isStreamed = ({ route }: Pick<Scene, 'route'>) => !route.endsWith('unstreamed')
/** What becomes of a call; its caller may leave before each of these, or after the last. */
const POINTS = ['asked', 'head', 'first byte', 'middle', 'end'] as const

interface Scene {
  caller: 'visitor' | 'key'
  route: (typeof ROUTES)[number]
  moderation: 'off' | 'input' | 'output' | 'both'
  mode: 'hold' | 'retract'
  judge: 'passes' | 'flags' | 'fails' | 'never answers'
  /** How the upstream's answer ends. */
  ending: 'done' | 'cut' | 'reset' | 'error' | 'silence' | 'refusal'
  /** Before which of `POINTS` the caller leaves; 'stays': never. */
  leaves: (typeof POINTS)[number] | 'over' | 'stays'
  /** Whether the caller reads what comes, and cancels its body when it leaves. */
  reads: boolean
  /** Whether the upstream goes on when its call is aborted. */
  deaf: boolean
}

const scenes: fc.Arbitrary<Scene> = fc
  .record<Scene>({
    caller: fc.constantFrom('visitor', 'key'),
    route: fc.constantFrom(...ROUTES),
    moderation: fc.constantFrom('off', 'input', 'output', 'both'),
    mode: fc.constantFrom('hold', 'retract'),
    judge: fc.constantFrom('passes', 'flags', 'fails', 'never answers'),
    ending: fc.constantFrom('done', 'cut', 'reset', 'error', 'silence', 'refusal'),
    leaves: fc.constantFrom(...POINTS, 'over', 'stays'),
    reads: fc.boolean(),
    deaf: fc.boolean(),
  })
  // A reader that stalls, and a judge, have deadlines of their own: too long for this test.
  .filter(({ leaves, reads, judge }) => leaves !== 'stays' || (reads && judge !== 'never answers'))
  // A visitor's response is a durable stream: below.
  .filter((scene) => scene.caller === 'key' || !isResponse(scene))

/** An upstream and a moderation for one scene, which goes on when `reach` says so. */
function stage({ judge, ending, leaves, deaf, route }: Scene) {
  const streamed = isStreamed({ route })

  const caller = new AbortController()
  let cancel = (): unknown => undefined
  let asked = 0
  const left = new Promise((resolve) => caller.signal.addEventListener('abort', resolve))

  /** Comes to this point, where the caller may leave. */
  async function reach(point: Scene['leaves']): Promise<void> {
    // What is on its way arrives, since there is nothing left to wait for.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve))
    if (point !== leaves) return
    caller.abort()
    cancel()
  }

  const unlessDeaf = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
    new Promise((resolve, reject) => {
      work.then(resolve, reject)
      if (!deaf) signal.addEventListener('abort', () => reject(signal.reason))
    })

  function body(signal: AbortSignal): ReadableStream<Uint8Array> {
    const words = ['One ', 'two ', 'three.']
    const response = complete([...begin(), ...messageEvents(words)])
    const [whole, unstreamed] = isResponse({ route })
      ? [numbered(response).map(named), response.at(-1)?.response]
      : [answerEvents(words, { usage: true }), completion(words.join(''))]
    const parts = streamed ? whole : [JSON.stringify(unstreamed)]
    const [first = new Uint8Array(), ...rest] = parts.map((part) => new TextEncoder().encode(part))
    let over = false
    return new ReadableStream({
      type: 'bytes',
      cancel() {
        over = true
      },
      start(controller) {
        const fail = (error: unknown) => {
          if (!over) controller.error(error)
          over = true
        }
        const say = (bytes: Uint8Array) => void (over || controller.enqueue(bytes))
        if (!deaf) signal.addEventListener('abort', () => fail(signal.reason))
        void (async () => {
          await reach('first byte')
          say(first)
          await reach('middle')
          for (const bytes of rest.slice(0, 2)) say(bytes)
          await reach('end')
          if (ending === 'silence') return
          if (ending === 'reset') return fail(new Error('reset'))
          if (ending === 'error') say(new TextEncoder().encode(errorForms['a frame of its own']))
          if (ending === 'done') for (const bytes of rest.slice(2)) say(bytes)
          if (!over) controller.close()
          over = true
          controller.byobRequest?.respond(0)
          await reach('over')
        })()
      },
    })
  }

  async function answer(signal: AbortSignal): Promise<Response> {
    asked++
    await unlessDeaf(reach('asked'), signal)
    if (ending === 'refusal') return Response.json({ error: { message: 'No.' } }, { status: 400 })
    await unlessDeaf(reach('head'), signal)
    const type = streamed ? EVENT_STREAM : 'application/json'
    return new Response(body(signal), { headers: { 'content-type': type } })
  }

  async function verdict(signal: AbortSignal, texts: number): Promise<Response> {
    if (judge === 'never answers') return unlessDeaf(new Promise<never>(() => {}), signal)
    await unlessDeaf(reach('stays'), signal)
    if (judge === 'fails') return new Response('', { status: 400 })
    const results = Array.from({ length: texts }, () => ({ flagged: judge === 'flags', categories: {} }))
    return Response.json({ results })
  }

  return {
    caller,
    left,
    answer,
    verdict,
    get asked() {
      return asked
    },
    onLeave(work: () => unknown) {
      cancel = work
    },
  }
}

type Stage = ReturnType<typeof stage>

let playing: Stage
const log = vi.spyOn(console, 'log')
const outbound = vi.spyOn(globalThis, 'fetch')
beforeEach(() => {
  log.mockImplementation(() => {})
  outbound.mockImplementation(async (url, init) => {
    const { input } = JSON.parse(
      new TextDecoder().decode(new Uint8Array(await new Response(init?.body).arrayBuffer())),
    )
    const signal = init?.signal as AbortSignal
    if (!String(url).endsWith('/moderations')) return playing.answer(signal)
    return playing.verdict(signal, Array.isArray(input) ? input.length : 1)
  })
})
afterEach(() => {
  log.mockReset()
  outbound.mockReset()
})

let played = 0

/** The caller's name, its headers, and the settings with which it is known. */
async function callerOf({ caller, moderation, mode }: Scene) {
  const key = `key-${played++}`
  const vars = {
    OPENAI_API_KEY: 'sk-1',
    MODELS: 'gpt-4o-mini',
    ACCESS_KEYS: `${key}:${hash}`,
    SESSION_SECRET: SECRET,
    ALLOWED_ORIGINS: PAGE,
    MODERATION: moderation,
    MODERATION_MODE: mode,
    SILENCE_TIMEOUT_MS: '400',
    TOTAL_TIMEOUT_MS: '2000',
  }
  if (caller === 'key') return { name: `key:${key}`, headers: { authorization: `Bearer ${KEY}` }, vars }
  const { token, visitor } = await sessions.open(PAGE, Date.now())
  return { name: `visitor:${visitor}`, headers: { authorization: `Bearer ${token}`, origin: PAGE }, vars }
}

function questionOf(scene: Scene) {
  const { route } = scene
  const stream = isStreamed(scene)
  if (isResponse(scene)) return { input: 'Count to three.', stream }
  const messages = [{ role: 'user', content: 'Count to three.' }]
  return { messages, stream, ...(route === 'with usage' && { stream_options: { include_usage: true } }) }
}

async function play(scene: Scene) {
  playing = stage(scene)
  const { name, headers, vars } = await callerOf(scene)
  const { caller, onLeave } = playing
  const path = isResponse(scene)
    ? '/v1/responses'
    : scene.route === '/chat'
      ? '/chat'
      : '/v1/chat/completions'
  const request = new Request(`https://millrace.example${path}`, {
    method: 'POST',
    body: JSON.stringify(questionOf(scene)),
    headers: { ...headers, 'content-type': 'application/json' },
    signal: caller.signal,
  })
  const context = createExecutionContext()
  const response = await app.fetch(request, vars, context)
  const reader = scene.reads ? response.body?.getReader() : undefined
  onLeave(() => reader?.cancel().catch(() => {}))
  const reading = (async () => {
    while (reader !== undefined && !(await reader.read()).done);
  })().catch(() => {})
  await Promise.race([reading, playing.left])
  const since = performance.now()
  await waitOnExecutionContext(context)
  const took = performance.now() - since
  const { answer: usage } = await exports.Caller.getByName(name).usage(LIMITS)
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)))
  return { lines: lines.filter((line) => line.caller === name), usage, asked: playing.asked, took }
}

test('on every relayed route, under every moderation, whenever its caller leaves', async () => {
  await fc.assert(
    fc.asyncProperty(scenes, async (scene) => {
      const { lines, usage, asked, took } = await play(scene)
      expect(lines).toHaveLength(1)
      const { charged_tokens: charged = 0 } = lines[0]
      expect(usage).toMatchObject({ used: charged, reserved: 0, running: 0 })
      // The deadline of the settlement is for what should not happen.
      expect(took).toBeLessThan(SETTLED_AFTER_LEAVING_MS)
      // A refusal, and a call that was never made, cost nothing; any other call costs its prompt at least.
      const isFree = asked === 0 || (scene.ending === 'refusal' && charged === 0)
      if (isFree) expect(charged).toBe(0)
      else expect(charged).toBeGreaterThan(0)
      expect(charged).toBeLessThan(VISITOR_TOKENS.input + VISITOR_TOKENS.output)
    }),
    { seed: FUZZ_SEED, numRuns: 150, endOnFailure: true },
  )
}, 300_000)

/** The same call as a durable stream, which its caller stops as soon as it may. */
async function playDurable(scene: Scene) {
  playing = stage(scene)
  const { name, vars } = await callerOf(scene)
  const config = readConfig(vars)
  const settled: (number | undefined)[] = []
  let refused = false
  const settle = async (_: string, used: number | undefined) => {
    settled.push(used)
    return true
  }
  await runInDurableObject(exports.Caller.getByName(name), async (_, { storage }) => {
    const streams = createCallerStreams(sqlOf(storage), {
      caller: name,
      shard: 0,
      tagOf: tagsOf(name),
      config,
      upstreams: {
        all: [anUpstream((_, signal) => playing.answer(signal))],
        routes: {},
        rests: createRests(),
      },
      words: allWords,
      moderation: chooseModeration(config.moderation),
      takeTurn: () => () => {},
      budget: {
        reserve: async (_, limits) => ({
          kind: 'reserved',
          state: stateOf(limits, NOTHING_USED, Date.now()),
        }),
        settle,
        charge: settle,
        progress() {},
      },
      dataset: undefined,
      onDue() {},
      onKept() {},
      onBroken() {},
    })
    const bytes = new TextEncoder().encode(JSON.stringify({ ...questionOf(scene), model: 'gpt-4o-mini' }))
    const reservation = { id: `req_${name}`, prompt: 10, output: 100, expiresAt: Date.now() + 60_000 }
    const opening = streams.open({
      format: isResponse(scene) ? 'responses' : 'chat-completions',
      bytes,
      model: 'gpt-4o-mini',
      idempotency: undefined,
      after: 0,
      reservation,
      limits: LIMITS,
    })
    playing.onLeave(async () => {
      const opened = await opening
      if (!(opened instanceof ApiError)) await streams.stop(opened.id)
    })
    const opened = await opening
    refused = opened instanceof ApiError
    if (!(opened instanceof ApiError) && scene.reads) await new Response(opened.events).text()
    await expect.poll(() => settled.length).toBeGreaterThan(0)
  })
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)))
  return { lines: lines.filter((line) => line.caller === name), settled, refused }
}

test.each(['streamed', '/v1/responses'] as const)(
  'as a durable stream, %s, under every moderation, whenever it is stopped',
  async (route) => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const { lines, settled, refused } = await playDurable({ ...scene, route })
        expect(settled).toHaveLength(1)
        // A refusal is logged by the request that asks: above.
        expect(lines).toHaveLength(refused ? 0 : 1)
        if (!refused) expect(settled).toEqual([lines[0].charged_tokens ?? 0])
        if (scene.ending !== 'refusal') expect(settled[0]).toBeGreaterThan(0)
      }),
      { seed: FUZZ_SEED, numRuns: 100, endOnFailure: true },
    )
  },
  300_000,
)
