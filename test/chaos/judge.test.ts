/** What chaos would not let pass: each of these answers is wrong, and is said to be. */
import { describe, expect, test } from 'vitest'
import type { NetworkFault } from '../support/faulty-network.ts'
import { begin, complete, messageEvents, named, numbered, responseOf } from '../support/responses.ts'
import { answerEvents, delta, errorForms, finish, role, USAGE } from '../support/sse.ts'
import { billOf, SETTLED_MS, secondsOf, usageOf } from './bill.ts'
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
  isVisitor?: boolean
  far?: NetworkFault
  /** By how much the machine was late. */
  lateMs?: number
}

function outcomeOf({ route, way, body, how, status, reader, isVisitor = false, far }: Answer): Outcome {
  const found = ROUTES.find(({ name }) => name === route)
  if (found === undefined) throw new TypeError(`No route ${route}.`)
  const call: PlannedCall = {
    ...{ name: 'chaos-0-0', atMs: 0, route: found, caller: 0, way, words: WORDS, hiddenTokens: 5, gapMs: 0 },
    ...{ breaksAt: 0.5, near: undefined, far, reader },
  }
  const isKept = found.isKept(isVisitor)
  return {
    ...{ call, isKept, askedAt: 0, endedAt: 1000, returns: 0, refusedLater: undefined, wrong: [] },
    asker: { name: isVisitor ? 'visitor:a' : 'key:a', isVisitor, headers: {} },
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
  judge(outcomeOf({ ...ANSWER, ...answer }), { attempts: 1, body: sent }, NOTHING, answer.lateMs ?? 0)

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
  expect(judged(answer, sent)).toEqual({ end, isLate: false, wrong: [] })
})

describe('on a machine that was late', () => {
  const LATE = { lateMs: 800 }
  const ended = (code: string) => ERROR.replace('upstream_truncated', code)

  test.each<[string, Partial<Answer>, string]>([
    ['a deadline', { body: HALF.join('') + ended('upstream_total_timeout') }, 'upstream_total_timeout'],
    [
      'a deadline before the upstream’s status',
      {
        status: 504,
        body: '{"error":{"message":"No.","type":"a","param":null,"code":"upstream_connect_timeout"}}',
      },
      'upstream_connect_timeout',
    ],
    ['a text for terminals that breaks', { route: '/chat', body: 'Hello', how: 'broken' }, 'broken'],
  ])('%s may end an answer, and not on one that had time', (_, answer, end) => {
    expect(judged({ ...answer, ...LATE }, WHOLE.join(''))).toEqual({ end, isLate: true, wrong: [] })
    expect(judged(answer, WHOLE.join('')).wrong).not.toEqual([])
  })

  test.each<[string, Partial<Answer>]>([
    ['another end', { body: HALF.join('') + ERROR }],
    ['a connection that breaks', { body: HALF.join(''), how: 'broken' }],
    ['an answer that never comes', { body: '', how: 'gave up' }],
    ['half an answer without an end', { body: HALF.join('') }],
  ])('%s is still wrong', (_, answer) => {
    expect(judged({ ...answer, ...LATE }, WHOLE.join('')).wrong).not.toEqual([])
  })
})

describe('what is no part of an answer', () => {
  const ping = 'data: {"type":"ping"}\n\n'
  const sent = [WHOLE[0], ping, ...WHOLE.slice(1)].join('')
  const emptied = sent.replace(ping, ':\n\n')

  test.each<[string, boolean, string, boolean]>([
    ['passes to a key', false, sent, true],
    ['is not left out for a key', false, emptied, false],
    ['is an empty comment for a visitor', true, emptied, true],
    ['is nothing but that', true, emptied.replace('world', 'World'), false],
    ['leaves the end in its place', true, emptied.replace('data: [DONE]\n\n', ''), false],
  ])('%s', (_, isVisitor, body, isRight) => {
    const { wrong } = judged({ body, isVisitor, way: 'whole, among other events' }, sent)
    expect(wrong.length === 0).toBe(isRight)
  })
})

describe('a refusal whose words do not come whole', () => {
  const refused: Partial<Answer> = {
    status: 429,
    body: '{"error":{"message":"No.","type":"a","param":null,"code":"upstream_rejected"}}',
  }

  test.each<[WayName, NetworkFault['kind'] | undefined, boolean]>([
    ['refuses with 400', 'reset', true],
    ['refuses with 422', 'half-close', true],
    ['is full for long', 'half-close', true],
    ['is full for long', 'silence', true],
    ['is full for long', 'pieces', false],
    ['is full for long', undefined, false],
    ['refuses the key', 'half-close', false],
    ['whole', 'half-close', false],
  ])('may be told without them: %s, by %s: %s', (way, kind, isRight) => {
    const far = kind && ({ kind, after: 200, bytes: 7 } as NetworkFault)
    const { end, wrong } = judged({ ...refused, way, ...(far && { far }) }, '')
    expect(end).toBe('upstream_rejected')
    expect(wrong.length === 0).toBe(isRight)
  })
})

describe('a response that is ended at its bound', () => {
  const sent = numbered(complete([...begin(), ...messageEvents(['Hello', ' world'])])).map(named)
  /** Closed after its first word. */
  const ended = (text: string, number: number): Partial<Answer> => {
    const closing = messageEvents([text]).slice(-3)
    const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    const end = { type: 'response.incomplete', response: responseOf(cut), millrace: { state: 'budget' } }
    const added = [...closing, end].map((one, at) => named({ ...one, sequence_number: number + at }))
    const body = [...sent.slice(0, 5), ...added].join('')
    return { route: 'response, streamed', way: 'says more than it was asked for', body }
  }

  test.each<[string, number, boolean]>([
    ['Hello', 5, true],
    ['Hallo', 5, false],
    ['Hello world', 5, false],
    ['Hello', 6, false],
  ])('and closed by “%s” from the number %i on: is it right? %s', (text, number, isRight) => {
    const { end, wrong } = judged(ended(text, number), sent.join(''))
    expect(end).toBe('budget')
    expect(wrong.length === 0).toBe(isRight)
  })
})

describe('a visitor’s unstreamed response, without what is the owner’s, in part', () => {
  const response = (text: string, own: object) =>
    JSON.stringify({ id: 'resp_a', ...own, output: [{ type: 'message', text }], usage: { total_tokens: 5 } })
  const sent = response('Hello world', { instructions: 'Be kind.' })
  const cut = (text: string, at: number): Partial<Answer> => ({
    ...{ route: 'response, unstreamed', isVisitor: true, how: 'left', reader: { kind: 'leaves', after: 1 } },
    body: response(text, {}).slice(0, at),
  })
  const { length } = response('Hello world', {})
  const everywhere = Array.from({ length }, (_, at) => at)

  test('is right wherever it is cut', () => {
    const wrong = everywhere.filter((at) => judged(cut('Hello world', at), sent).wrong.length > 0)
    expect(wrong).toEqual([])
  })

  test('is wrong as soon as its output is another one', () => {
    const from = response('Hello world', {}).indexOf('world')
    const right = everywhere.filter((at) => judged(cut('Hello World', at), sent).wrong.length === 0)
    expect(right).toEqual(everywhere.slice(0, from + 1))
  })
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
  const bill = (answer: Partial<Answer>, sent: string, end: string, { attempts = 1, isLate = false } = {}) =>
    billOf(
      outcomeOf({ ...ANSWER, ...answer }),
      { attempts, body: sent },
      { end, hit: NOTHING, seconds: 1, isLate },
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

  test('may be charged, if a deadline passes before its upstream’s refusal', () => {
    const { most } = bill({ way: 'refuses with 400', status: 504, body: '' }, '', 'upstream_connect_timeout')
    expect(most).toBeGreaterThan(0)
  })

  test('that never came upstream is charged nothing, or its time on a machine that was late', () => {
    const gone: Partial<Answer> = { status: 504, body: '' }
    const most = (isLate: boolean) => bill(gone, '', 'upstream_connect_timeout', { attempts: 0, isLate }).most
    expect(most(false)).toBe(0)
    expect(most(true)).toBeGreaterThan(100)
    expect(most(true)).toBeLessThan(150)
  })

  test.each<[string, number | undefined, boolean, number]>([
    ['the log', 700, false, 700],
    ['the caller, if the log has no line', undefined, false, 1000 + SETTLED_MS],
    ['the caller, if the clock jumped a day on', 86_400_700, true, 1000 + SETTLED_MS],
    ['the caller, if it jumped a day back', -86_399_300, true, 1000 + SETTLED_MS],
  ])('took as long as it did by %s', (_, loggedMs, jumped, ms) => {
    expect(secondsOf(outcomeOf(ANSWER), loggedMs, jumped)).toBe(ms / 1000)
  })

  test('that was cut is charged the prompt and the text at least, and no more than text and time', () => {
    const half = [role(), ...['The', ' sky', ' is', ' blue', ' since'].map(delta)].join('')
    const { least, most } = bill({ way: 'closes', body: half }, half, 'upstream_truncated')
    expect(least).toBeGreaterThan(0)
    expect(most).toBeLessThan(250)
  })
})
