/**
 * The ways in which an upstream answers and fails, in both wire formats, streamed and not; and by which names
 * an answer may end after each of them.
 */
import type { Usage } from '../../worker/protocol/wire.ts'
import {
  complete,
  begin as lifeOf,
  messageEvents,
  named,
  numbered,
  responseOf,
} from '../support/responses.ts'
import { cut, end, hang, head, inOrder, reset, type Script, send, wait } from '../support/script.ts'
import { begun, bytes, failing, json, streamHead } from '../support/scripts.ts'
import { chunk, completion, DONE_EVENT, event, finish, role } from '../support/sse.ts'

/** The most tokens that a call of chaos asks for. */
export const OUTPUT_BOUND = 300

export type Format = 'chat-completions' | 'responses'

/** What the upstream has to say, and how fast. */
export interface Material {
  format: Format
  /** The answer's text, word by word. */
  words: readonly string[]
  usage: Usage
  /** Whether the request asked a chat for its usage. */
  asksForUsage: boolean
  gapMs: number
  /** What else each event of the answer's text has. */
  padding?: string
  /** Where an answer that breaks breaks: 0 is after its first event, 1 before its last. */
  breaksAt: number
}

const FAILED = 'chaos_failed'
const REFUSED = 'chaos_refused'
const LIMITED = 'chaos_limited'
const UPSTREAM_ERROR = { message: 'It broke.', type: 'server_error', param: null, code: FAILED }

/** An answer's events up to its end, and its end. */
interface Wire {
  events: string[]
  end: string[]
}

const WIRES: Record<Format, (material: Material) => Wire> = {
  'chat-completions': ({ words, usage, asksForUsage, padding }) => ({
    events: [
      role(),
      ...words.map((content) => event(chunk({ content }, padding === undefined ? {} : { padding }))),
    ],
    end: [finish(), ...(asksForUsage ? [event(chunk({}, { choices: [], usage }))] : []), DONE_EVENT],
  }),
  responses({ words, usage, padding }) {
    const text = messageEvents(words).map((one) =>
      padding !== undefined && 'delta' in one ? { ...one, obfuscation: padding } : one,
    )
    const all = numbered(complete([...lifeOf(), ...text], { usage: usageOfResponse(usage) })).map(named)
    return { events: all.slice(0, -1), end: all.slice(-1) }
  },
}

function usageOfResponse({ prompt_tokens, completion_tokens, total_tokens }: Usage) {
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens,
  }
}

const wireOf = (material: Material) => WIRES[material.format](material)

function first({ events }: Wire, { breaksAt }: Material): string[] {
  return events.slice(0, 1 + Math.floor(breaksAt * (events.length - 1)))
}

/** An unstreamed answer, whole. */
function wholeBody({ format, words, usage, padding = '' }: Material): object {
  const text = words.join('')
  if (format === 'chat-completions') return completion(text, { usage, padding })
  const output = messageEvents(words).flatMap(({ type, item }) =>
    type === 'response.output_item.done' ? [item] : [],
  )
  return responseOf({ status: 'completed', output, usage: usageOfResponse(usage), padding })
}

/** What breaks off after some of the events. */
const broken =
  (how: Script) =>
  (material: Material): Script =>
    inOrder(begun(first(wireOf(material), material), material.gapMs), how)

const halfBody = (how: Script) => (material: Material) => {
  const text = JSON.stringify(wholeBody(material))
  return inOrder(
    head(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    send(text.slice(0, text.length / 2)),
    wait(20),
    how,
  )
}

function errorEvents({ format }: Material, form: 'frame' | 'named' | 'beside'): string[] {
  if (format === 'chat-completions') {
    if (form === 'frame') return [event({ error: UPSTREAM_ERROR })]
    if (form === 'named') return [`event: error\n${event({ error: UPSTREAM_ERROR })}`]
    return [event({ ...chunk({ content: '' }), error: UPSTREAM_ERROR })]
  }
  const failed = named({
    type: 'response.failed',
    sequence_number: 90,
    response: responseOf({ status: 'failed', error: { code: FAILED, message: 'It broke.' } }),
  })
  if (form === 'beside') return [failed]
  const told =
    form === 'frame' ? { ...UPSTREAM_ERROR, type: 'error' } : { type: 'error', error: UPSTREAM_ERROR }
  return [named({ ...told, sequence_number: 89 }), failed]
}

const inMidAnswer = (form: 'frame' | 'named' | 'beside') => (material: Material) =>
  inOrder(begun([...first(wireOf(material), material), ...errorEvents(material, form)], material.gapMs), end)

export interface Way {
  streamed(material: Material, attempt: number): Script
  unstreamed(material: Material, attempt: number): Script
  /**
   * How the answer may end, if nothing else goes wrong: `whole`, or an error's code. The second list is of
   * unstreamed answers, if they differ.
   */
  ends: readonly string[]
  unstreamedEnds?: readonly string[]
  /** How it may end where the upstream's words do not come whole. */
  endsUnread?: readonly string[]
  /** What the upstream bills: its `usage`, nothing, or what nobody is told. */
  bills: 'usage' | 'nothing' | 'untold'
}

const whole = (material: Material): Script => {
  const { events, end: ending } = wireOf(material)
  return inOrder(begun([...events, ...ending], material.gapMs), end)
}

/** Whole, among comments and events of other kinds, with lines that end otherwise. */
function odd(material: Material): Script {
  const { events, end: ending } = wireOf(material)
  const between = [
    ': a comment\n\n',
    ...(material.format === 'responses'
      ? ['event: keepalive\ndata: {"type":"keepalive"}\n\n']
      : ['data: {"type":"ping"}\n\n', 'event: ping\ndata: {}\n\n']),
  ]
  const all = events.flatMap((one, at) => [
    ...(at % 3 === 1 ? between : []),
    at % 2 === 1 ? one.replaceAll('\n', '\r\n') : one,
  ])
  return inOrder(begun([...all, ...ending], material.gapMs), end)
}

const wholeJson = (material: Material): Script =>
  inOrder(head(200, { 'content-type': 'application/json' }), send(JSON.stringify(wholeBody(material))), end)

/** A status in place of an answer; with `until`, only to so many attempts. */
function status(
  code: number,
  {
    ends,
    until = Number.POSITIVE_INFINITY,
    headers = {},
    error = { code: REFUSED },
  }: {
    ends: readonly string[]
    until?: number
    headers?: Record<string, string>
    error?: object
  },
): Way {
  const refuse = failing(code, { type: 'chaos_error', ...error }, headers)
  return {
    streamed: (material, attempt) => (attempt < until ? refuse : whole(material)),
    unstreamed: (material, attempt) => (attempt < until ? refuse : wholeJson(material)),
    ends,
    // The caller's own mistake or share, of which the status alone is known then.
    endsUnread: [400, 422, 429].includes(code) ? ['upstream_rejected'] : [],
    bills: until === Number.POSITIVE_INFINITY ? 'nothing' : 'usage',
  }
}

/** A stream's fault whose unstreamed sibling is another one. */
const fault = (
  ends: readonly string[],
  streamed: Way['streamed'],
  unstreamed: Way['unstreamed'],
  unstreamedEnds: readonly string[] = ends,
): Way => ({ streamed, unstreamed, ends, unstreamedEnds, bills: 'untold' })

const TRUNCATED = ['upstream_truncated']
/** A body of any kind, in place of an answer. */
const body = (bytes: string | Uint8Array, type = 'application/json'): Script =>
  inOrder(head(200, { 'content-type': type }), send(bytes), end)

const NOISE = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) % 256)
/** Larger than what is parsed of one event. */
const LARGE = 'A'.repeat(1_700_000)
/** More tokens than a call of chaos has reserved. */
const TALK: readonly string[] = Array(OUTPUT_BOUND + 100).fill(' more')

export const WAYS = {
  whole: { streamed: whole, unstreamed: wholeJson, ends: ['whole'], bills: 'usage' },
  'whole, after a while': {
    streamed: (material) => inOrder(wait(600), whole(material)),
    unstreamed: (material) => inOrder(wait(600), wholeJson(material)),
    ends: ['whole'],
    bills: 'usage',
  },
  'whole, among other events': {
    streamed: odd,
    unstreamed: wholeJson,
    ends: ['whole'],
    bills: 'usage',
  },
  'whole, and stays open': {
    streamed(material) {
      const { events, end: ending } = wireOf(material)
      return inOrder(begun([...events, ...ending], material.gapMs), hang)
    },
    unstreamed: wholeJson,
    ends: ['whole'],
    bills: 'usage',
  },
  'whole, and larger than a reader may lag behind': {
    streamed: (material) =>
      whole({ ...material, padding: 'A'.repeat(2_500_000 / material.words.length), gapMs: 0 }),
    unstreamed: (material) => wholeJson({ ...material, padding: 'A'.repeat(2_500_000) }),
    ends: ['whole'],
    bills: 'usage',
  },
  'says more than it was asked for': {
    // Fast enough to end before the call's deadline.
    streamed: (material) =>
      whole({ ...material, words: [...material.words, ...TALK], gapMs: Math.min(material.gapMs, 10) }),
    unstreamed: wholeJson,
    ends: ['whole', 'budget'],
    unstreamedEnds: ['whole'],
    bills: 'untold',
  },
  ends: fault(TRUNCATED, broken(end), halfBody(cut)),
  closes: fault(TRUNCATED, broken(cut), halfBody(cut)),
  'is reset': fault(TRUNCATED, broken(inOrder(wait(30), reset)), halfBody(reset)),
  'closes inside an event': fault(
    TRUNCATED,
    (material) => {
      const { events } = wireOf(material)
      const { length } = first(wireOf(material), material)
      const half = (events[length] ?? events[0] ?? '').slice(0, 40)
      return inOrder(begun([...events.slice(0, length), half], material.gapMs), cut)
    },
    halfBody(cut),
  ),
  'ends with nothing said': fault(
    TRUNCATED,
    () => inOrder(streamHead(), end),
    () => body(''),
    ['upstream_invalid'],
  ),
  'says no more than its end': fault(
    [...TRUNCATED, 'upstream_invalid'],
    () => inOrder(begun([DONE_EVENT]), end),
    () => body('null'),
    ['upstream_invalid', 'whole'],
  ),
  'is reset after its status': fault(
    TRUNCATED,
    () => inOrder(streamHead(), wait(50), reset),
    () => inOrder(head(200, { 'content-type': 'application/json' }), wait(50), reset),
  ),
  'reports an error in a frame': fault(
    [FAILED],
    inMidAnswer('frame'),
    () => json({ error: UPSTREAM_ERROR }, { status: 500 }),
    ['upstream_error'],
  ),
  'reports an error by a name': fault(
    [FAILED],
    inMidAnswer('named'),
    () => json({ error: UPSTREAM_ERROR }, { status: 500 }),
    ['upstream_error'],
  ),
  'reports an error beside the answer': fault(
    [FAILED],
    inMidAnswer('beside'),
    () => json({ error: UPSTREAM_ERROR }, { status: 500 }),
    ['upstream_error'],
  ),
  'is silent before its status': fault(
    ['upstream_connect_timeout'],
    () => hang,
    () => hang,
    ['upstream_total_timeout'],
  ),
  'is silent after its status': fault(
    ['upstream_first_byte_timeout'],
    () => inOrder(streamHead(), hang),
    () => inOrder(head(200, { 'content-type': 'application/json' }), hang),
    ['upstream_total_timeout'],
  ),
  'falls silent': fault(['upstream_silence_timeout'], broken(hang), halfBody(hang), [
    'upstream_total_timeout',
  ]),
  'takes too long': fault(
    ['upstream_total_timeout'],
    (material) => whole({ ...material, words: Array.from({ length: 100 }, (_, i) => ` w${i}`), gapMs: 500 }),
    () => hang,
  ),
  'sends noise': fault(
    [...TRUNCATED, 'upstream_invalid'],
    () => bytes(NOISE, 200),
    () => body(NOISE),
    ['upstream_invalid'],
  ),
  'sends a line without an end': fault(
    [...TRUNCATED, 'upstream_invalid', 'stream_too_long'],
    () => bytes(Buffer.from(`data: ${LARGE}`), 65536),
    () => body(`"${LARGE}`),
    ['upstream_invalid'],
  ),
  'sends a page': fault(
    ['upstream_invalid'],
    () => body('<h1>No</h1>', 'text/html'),
    () => body('<h1>No</h1>', 'text/html'),
  ),
  'sends JSON where a stream was asked for': fault(['upstream_invalid'], wholeJson, wholeJson, ['whole']),
  'is reset before its status': fault(
    ['upstream_unreachable'],
    () => reset,
    () => reset,
  ),
  'refuses with 400': status(400, { ends: [REFUSED] }),
  'refuses with 422': status(422, { ends: [REFUSED] }),
  'refuses the key': status(401, { ends: ['upstream_refused'] }),
  'is full for a moment': status(429, { ends: ['whole'], until: 1, headers: { 'retry-after-ms': '50' } }),
  'is full for long': status(429, {
    ends: [LIMITED],
    headers: { 'retry-after': '60' },
    error: { code: LIMITED },
  }),
  'fails twice': { ...status(500, { ends: ['whole'], until: 2 }), bills: 'untold' },
  'fails each time': { ...status(502, { ends: ['upstream_error'] }), bills: 'untold' },
  'is overloaded': status(529, { ends: ['upstream_overloaded'] }),
  'reports an error with status 200': fault(
    [REFUSED],
    () => json({ error: { ...UPSTREAM_ERROR, type: 'invalid_request_error', code: REFUSED } }),
    () => json({ error: { ...UPSTREAM_ERROR, type: 'invalid_request_error', code: REFUSED } }),
  ),
  'redirects, and says no more': fault(
    ['upstream_invalid'],
    () => head(302, { location: 'https://elsewhere.example/' }),
    () => head(302, { location: 'https://elsewhere.example/' }),
  ),
} satisfies Record<string, Way>

export type WayName = keyof typeof WAYS

export const WAY_NAMES = Object.keys(WAYS) as WayName[]
