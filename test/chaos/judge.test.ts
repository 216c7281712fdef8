/** What chaos would not let pass: each of these answers is wrong, and is said to be. */
import { describe, expect, test } from 'vitest'
import { answerEvents, delta, errorForms, finish, role, USAGE } from '../support/sse.ts'
import { billOf, usageOf } from './bill.ts'
import type { Outcome } from './call.ts'
import { eventsIn } from './events.ts'
import { judge } from './judge.ts'
import { type PlannedCall, ROUTES } from './plan.ts'
import type { WayName } from './upstreams.ts'

const WORDS = ['Hello', ' world', '!']
const WHOLE = answerEvents(WORDS)
const HALF = [role(), delta('Hello')]
const ERROR = `data: {"error":{"message":"No.","type":"server_error","param":null,"code":"upstream_truncated"}}\n\n`
const NOTHING = new Set<never>()

interface Answer {
  route: string
  way: WayName
  body: string
  how: Outcome['seen']['how']
  status: number
  reader: PlannedCall['reader']
}

function outcomeOf({ route, way, body, how, status, reader }: Answer): Outcome {
  const found = ROUTES.find(({ name }) => name === route)
  if (found === undefined) throw new TypeError(`No route ${route}.`)
  const call: PlannedCall = {
    ...{ name: 'chaos-0-0', atMs: 0, route: found, caller: 0, way, words: WORDS, hiddenTokens: 5, gapMs: 0 },
    ...{ breaksAt: 0.5, near: undefined, far: undefined, reader },
  }
  const isKept = found.isKept(false)
  return {
    ...{ call, isKept, askedAt: 0, endedAt: 1000, returns: 0, refusedLater: undefined, wrong: [] },
    asker: { name: 'key:a', isVisitor: false, headers: {} },
    seen: { status, headers: {}, body: Buffer.from(body), how },
    events: isKept ? eventsIn(body) : [],
    id: isKept ? 'str_a' : undefined,
  }
}

const ANSWER: Answer = {
  route: 'chat, streamed',
  way: 'whole',
  body: WHOLE.join(''),
  how: 'whole',
  status: 200,
  reader: { kind: 'reads it' },
}

const judged = (answer: Partial<Answer>, sent: string) =>
  judge(outcomeOf({ ...ANSWER, ...answer }), { attempts: 1, body: sent }, NOTHING)

/** A kept answer's events, numbered. */
const kept = (events: string[], first = 1) => events.map((one, at) => `id: ${first + at}\n${one}`).join('')
const DONE = 'data: {"choices":[],"usage":{},"millrace":{"state":"done"}}\n\n'

test.each<[string, Partial<Answer>, string, string]>([
  ['a whole answer', {}, WHOLE.join(''), 'whole'],
  [
    'a cut one with its name',
    { way: 'closes', body: HALF.join('') + ERROR },
    HALF.join(''),
    'upstream_truncated',
  ],
  [
    'one whose caller left',
    { body: HALF.join(''), how: 'left', reader: { kind: 'leaves', after: 1 } },
    WHOLE.join(''),
    'left',
  ],
  [
    'a kept one',
    { route: '/v1/streams', body: kept([...WHOLE.slice(0, -1), DONE, 'data: [DONE]\n\n']) },
    WHOLE.join(''),
    'whole',
  ],
  ['bare text', { route: '/chat', body: 'Hello world!' }, WHOLE.join(''), 'whole'],
  [
    'a refusal',
    {
      way: 'refuses with 400',
      status: 400,
      body: '{"error":{"message":"No.","type":"a","param":null,"code":"chaos_refused"}}',
    },
    '',
    'chaos_refused',
  ],
])('%s is right', (_, answer, sent, end) => {
  expect(judged(answer, sent)).toEqual({ end, wrong: [] })
})

describe('is wrong:', () => {
  test.each<[string, Partial<Answer>, string]>([
    [
      'half an answer that looks whole',
      { body: [...HALF, finish(), 'data: [DONE]\n\n'].join('') },
      WHOLE.join(''),
    ],
    ['half an answer without an end', { body: HALF.join('') }, HALF.join('')],
    [
      'an answer whose upstream was cut, and that looks whole',
      { way: 'closes' },
      WHOLE.slice(0, -1).join(''),
    ],
    ['another byte', { body: WHOLE.join('').replace('world', 'World') }, WHOLE.join('')],
    ['a byte more', { body: WHOLE.join('').replace('data: [', 'data:  [') }, WHOLE.join('')],
    ['an error of which there is no cause', { body: HALF.join('') + ERROR }, WHOLE.join('')],
    [
      'the upstream’s error under another name',
      { way: 'reports an error in a frame', body: HALF.join('') + ERROR },
      HALF.join('') + errorForms['a frame of its own'],
    ],
    ['a connection that breaks by itself', { body: HALF.join(''), how: 'broken' }, WHOLE.join('')],
    ['an answer that never comes', { body: '', how: 'gave up' }, WHOLE.join('')],
    ['half of a text for terminals', { route: '/chat', body: 'Hello' }, WHOLE.join('')],
    ['another text for terminals', { route: '/chat', body: 'Hallo' }, WHOLE.join('')],
    ['an unstreamed answer with another byte', { route: 'chat, unstreamed', body: '{"a":1}' }, '{"a": 1}'],
    ['a refusal that is no envelope', { way: 'refuses with 400', status: 400, body: 'No.' }, ''],
    [
      'a kept answer with a gap',
      {
        route: '/v1/streams',
        body: kept(WHOLE.slice(0, 2)) + kept([...WHOLE.slice(2, -1), DONE, 'data: [DONE]\n\n'], 4),
      },
      WHOLE.join(''),
    ],
    [
      'a kept answer with an event twice',
      {
        route: '/v1/streams',
        body: kept([...WHOLE.slice(0, 2), ...WHOLE.slice(1, -1), DONE, 'data: [DONE]\n\n']),
      },
      WHOLE.join(''),
    ],
    ['a kept answer without an end', { route: '/v1/streams', body: kept(HALF) }, WHOLE.join('')],
  ])('%s', (_, answer, sent) => {
    expect(judged(answer, sent).wrong).not.toEqual([])
  })
})

describe('a call', () => {
  const bill = (answer: Partial<Answer>, sent: string, end: string) =>
    billOf(
      outcomeOf({ ...ANSWER, ...answer }),
      { attempts: 1, body: sent },
      { end, hit: NOTHING, seconds: 1 },
    )

  test('is charged exactly what its upstream bills', () => {
    const total = usageOf(outcomeOf(ANSWER).call).total_tokens
    const sent = answerEvents(WORDS, { usage: { ...USAGE, total_tokens: total } }).join('')
    expect(bill({}, sent, 'whole')).toEqual({ least: total, most: total })
  })

  test('is charged nothing, if its upstream refuses it', () => {
    expect(bill({ way: 'refuses with 400', status: 400, body: '' }, '', 'chaos_refused')).toEqual({
      least: 0,
      most: 0,
    })
  })

  test('that was cut is charged the prompt and the text at least, and no more than text and time', () => {
    const half = [role(), ...['The', ' sky', ' is', ' blue', ' since'].map(delta)].join('')
    const { least, most } = bill({ way: 'closes', body: half }, half, 'upstream_truncated')
    expect(least).toBeGreaterThan(0)
    expect(most).toBeLessThan(250)
  })
})
