/** What happens in a round: which calls are made, how their upstreams and networks fail, and what else is done to Millrace. */
import type { NetworkFault } from '../support/faulty-network.ts'
import { type Random, randomOf, seedOfRound } from './random.ts'
import { type Format, OUTPUT_BOUND, WAY_NAMES, type WayName } from './upstreams.ts'

/** How a question is asked, and how its answer travels. */
export interface Route {
  name: string
  format: Format
  path: string
  streamed: boolean
  /** Whether the answer belongs to the caller's object. */
  isKept: (isVisitor: boolean) => boolean
  /** Fields beside the question. */
  fields: object
  /** Whether the answer is bare text. */
  isText?: boolean
  forKeysAlone?: boolean
}

const never = () => false
const always = () => true

export const ROUTES: readonly Route[] = [
  route('chat, streamed', { fields: { stream: true } }),
  route('chat, with usage', { fields: { stream: true, stream_options: { include_usage: true } } }),
  route('chat, with times', {
    fields: { stream: true, stream_options: { include_usage: true, include_timing: true } },
  }),
  route('chat, unstreamed', { streamed: false }),
  route('/chat', { path: '/chat', isText: true }),
  route('/v1/streams', { path: '/v1/streams', isKept: always }),
  response('response, streamed', { fields: { stream: true }, isKept: (isVisitor) => isVisitor }),
  response('response, with times', {
    fields: { stream: true, stream_options: { include_timing: true } },
    isKept: (isVisitor) => isVisitor,
  }),
  response('response, unstreamed', { streamed: false }),
  response('response in the background, streamed', {
    fields: { stream: true, background: true },
    isKept: always,
    forKeysAlone: true,
  }),
  response('response in the background, polled', {
    fields: { background: true },
    isKept: always,
    forKeysAlone: true,
  }),
]

function route(name: string, members: Partial<Route>): Route {
  return {
    name,
    format: 'chat-completions',
    path: '/v1/chat/completions',
    streamed: true,
    isKept: never,
    fields: {},
    ...members,
  }
}

function response(name: string, members: Partial<Route>): Route {
  return route(name, { format: 'responses', path: '/v1/responses', ...members })
}

/** What the caller does with the answer. `after` counts bytes, times are in milliseconds. */
export type Reader =
  | { kind: 'reads it' }
  | { kind: 'leaves'; after: number }
  | { kind: 'stalls'; after: number; ms: number }
  /** Leaves, and asks for the rest, so many times. A kept answer's alone, as are the following. */
  | { kind: 'comes back'; after: number; times: number }
  | { kind: 'stops it'; after: number }
  /** Sends the same question at the same time. */
  | { kind: 'asks twice' }
  /** Reads by OpenAI's own SDK. */
  | { kind: 'uses the SDK'; after: number }

export interface PlannedCall {
  /** Stands in its question, its model and a header. */
  name: string
  /** From the round's beginning. */
  atMs: number
  route: Route
  /** Which of the round's callers asks. */
  caller: number
  way: WayName
  words: readonly string[]
  /** Tokens that the upstream bills beside those of the text. */
  hiddenTokens: number
  gapMs: number
  breaksAt: number
  /** Between the caller and the Worker, and between the Worker and the upstream. */
  near: NetworkFault | undefined
  far: NetworkFault | undefined
  reader: Reader
}

/** What is done to Millrace under its running answers. */
export type Disruption =
  | { kind: 'kill'; atMs: number; which: number }
  | { kind: 'deployment'; atMs: number }
  | { kind: 'clock'; atMs: number; byMs: number }

export type DisruptionKind = Disruption['kind']

export interface PlannedRound {
  round: number
  /** Whether callers have budgets and bounds. Without them answers are piped natively. */
  hasLimits: boolean
  calls: PlannedCall[]
  disruptions: Disruption[]
}

/** The callers of each round: the first are keys, the others visitors. */
export const KEYS_A_ROUND = 3
export const VISITORS_A_ROUND = 3

const DAY_MS = 24 * 3_600_000
/** In which the calls of a round are made. */
const ASKING_MS = 5_000

/** What is done in each of five rounds. The first has nothing, so that its accounts must be exact. */
const DISRUPTIONS: readonly DisruptionKind[][] = [
  [],
  ['kill', 'kill', 'kill'],
  ['deployment', 'kill'],
  ['clock', 'kill'],
  ['kill', 'deployment', 'kill', 'clock', 'kill'],
]

/** The same for the same seed and number. */
export function planRound(seed: number, round: number, calls: number): PlannedRound {
  const random = randomOf(seedOfRound(seed, round))
  const planned = Array.from({ length: calls }, (_, at) => planCall(random, `chaos-${round}-${at}`))
  const kinds = DISRUPTIONS[round % DISRUPTIONS.length] ?? []
  return {
    round,
    // Each kind of round comes with and without.
    hasLimits: Math.floor(round / DISRUPTIONS.length) % 2 === round % 2,
    calls: planned.sort((a, b) => a.atMs - b.atMs),
    disruptions: kinds.map((kind) => planDisruption(random, kind)).sort((a, b) => a.atMs - b.atMs),
  }
}

function planDisruption(random: Random, kind: DisruptionKind): Disruption {
  const atMs = random.between(1_000, ASKING_MS + 1_000)
  if (kind === 'kill') return { kind, atMs, which: random.next() }
  if (kind === 'clock') return { kind, atMs, byMs: random.pick([DAY_MS, DAY_MS, -DAY_MS]) }
  return { kind, atMs }
}

function planCall(random: Random, name: string): PlannedCall {
  const isKey = random.chance(0.6)
  const caller = isKey
    ? random.between(0, KEYS_A_ROUND - 1)
    : KEYS_A_ROUND + random.between(0, VISITORS_A_ROUND - 1)
  const chosen = random.pick(ROUTES.filter(({ forKeysAlone }) => isKey || !forKeysAlone))
  const words = [
    name,
    ...Array.from({ length: random.between(3, 60) }, (_, i) =>
      random.pick([` word${i}`, ' café', ' 🎉', '\n']),
    ),
  ]
  return {
    name,
    atMs: random.between(0, ASKING_MS),
    route: chosen,
    caller,
    way: random.chance(0.25) ? 'whole' : random.pick(WAY_NAMES),
    words,
    hiddenTokens: random.pick([0, 0, 17, OUTPUT_BOUND]),
    gapMs: random.pick([0, 2, 10, 40]),
    breaksAt: random.next(),
    near: random.chance(0.3) ? networkFault(random) : undefined,
    far: random.chance(0.25) ? networkFault(random) : undefined,
    reader: reader(random, chosen.isKept(!isKey), chosen.format),
  }
}

function networkFault(random: Random): NetworkFault {
  const after = random.pick([0, random.between(1, 800), random.between(800, 8_000)])
  return random.pick<NetworkFault>([
    { kind: 'delay', ms: random.between(1, 60) },
    { kind: 'loss', oneIn: random.between(2, 9), ms: 200 },
    { kind: 'pieces', bytes: random.pick([7, 100, 1_000]) },
    { kind: 'stall', after, ms: random.between(100, 1_500) },
    { kind: 'silence', after },
    { kind: 'reset', after },
    { kind: 'half-close', after },
    { kind: 'asker half-closes' },
  ])
}

function reader(random: Random, isKept: boolean, format: Format): Reader {
  const after = random.between(0, 6_000)
  const readers: Reader[] = [
    { kind: 'reads it' },
    { kind: 'reads it' },
    { kind: 'stalls', after, ms: random.between(200, 2_000) },
  ]
  if (!isKept) readers.push({ kind: 'leaves', after })
  else {
    readers.push(
      { kind: 'comes back', after, times: random.between(1, 4) },
      { kind: 'comes back', after, times: random.between(1, 4) },
      { kind: 'stops it', after },
      { kind: 'asks twice' },
    )
    if (format === 'responses') readers.push({ kind: 'uses the SDK', after }, { kind: 'uses the SDK', after })
  }
  return random.pick(readers)
}
