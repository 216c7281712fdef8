/**
 * Whether what a caller has seen is right: all that the upstream sent, in order and unchanged, or less with a
 * name for why. Names are those of docs/PROTOCOL.md.
 */
import type { NetworkFault } from '../support/faulty-network.ts'
import type { Outcome } from './call.ts'
import { type EventBlock, endIn, eventsIn, hasEnd, isEnd, sayingOf, wordsOf } from './events.ts'
import type { DisruptionKind } from './plan.ts'
import { WAYS, type Way } from './upstreams.ts'

/** What the upstream sent to the last attempt that it answered. */
export interface Sent {
  attempts: number
  body: string
}

export interface Verdict {
  /** How the answer ended: `whole`, a code, a state, or what became of the connection. */
  end: string
  /** Whether nothing but a machine that was late is the cause of that end. */
  isLate: boolean
  wrong: string[]
}

/**
 * @param hit what was done to Millrace while the call ran
 * @param lateMs by how much the machine was late meanwhile
 */
export function judge(
  outcome: Outcome,
  sent: Sent,
  hit: ReadonlySet<DisruptionKind>,
  lateMs: number,
): Verdict {
  const { end, wrong } = judgeContent(outcome, sent)
  const all = [...outcome.wrong, ...wrong]
  if (!mayEnd(outcome, hit).has(end)) {
    if (lateMs >= LATE_MS && mayEndLate(outcome, end)) return { end, isLate: true, wrong: all }
    all.push(
      `it ended by “${end}”, of which nothing here could be the cause, on a machine that was ${Math.round(lateMs)} ms late`,
    )
  }
  return { end, isLate: false, wrong: all }
}

type Content = Omit<Verdict, 'isLate'>

function judgeContent(outcome: Outcome, sent: Sent): Content {
  const { seen, call, isKept } = outcome
  const { status, how } = seen
  if (how === 'gave up' && !isKept) return { end: how, wrong: [] }
  if (status === undefined) return { end: how, wrong: [] }
  const text = seen.body.toString()
  if (status >= 300) return refused(outcome, text)
  if (isKept) return kept(outcome, sent)
  if (call.route.isText) return bareText(outcome, text, sent)
  return call.route.streamed ? relayed(outcome, text, sent) : unstreamed(outcome, text, sent)
}

function refused({ seen: { how, status }, call }: Outcome, text: string): Content {
  if (how !== 'whole') return { end: how, wrong: [] }
  if (call.route.isText)
    return { end: codeOfLine(text), wrong: text.trim() === '' ? ['a refusal without a word'] : [] }
  try {
    const { error } = JSON.parse(text) as { error: { code: string | null; message: string; type: string } }
    const named = typeof error.message === 'string' && error.message !== '' && typeof error.type === 'string'
    return { end: error.code ?? `status ${status}`, wrong: named ? [] : [`a refusal without words: ${text}`] }
  } catch {
    return { end: `status ${status}`, wrong: [`a refusal that is no error envelope: ${text.slice(0, 200)}`] }
  }
}

/** `/chat` says an error's code and its words. */
const codeOfLine = (text: string) => /^(\w+): ./.exec(text)?.[1] ?? 'in words'

function unstreamed({ seen: { how }, call, asker }: Outcome, text: string, sent: Sent): Content {
  // A visitor's response is written anew, without what is the owner's.
  if (asker.isVisitor && call.route.format === 'responses') {
    const theirs = outputOf(sent.body)
    const ours = how === 'whole' ? outputOf(text) : outputInPart(text, theirs.length)
    const isRight = how === 'whole' ? ours === theirs : theirs.startsWith(ours)
    return {
      end: how,
      wrong: isRight ? [] : [`its output is not the upstream’s: ${differ(theirs, ours)}`],
    }
  }
  if (how !== 'whole') {
    return {
      end: how,
      wrong: sent.body.startsWith(text) ? [] : ['what came is not how the upstream’s answer begins'],
    }
  }
  return { end: 'whole', wrong: text === sent.body ? [] : ['its bytes are not the upstream’s'] }
}

function outputOf(body: string): string {
  const value: unknown = JSON.parse(body)
  return JSON.stringify(
    typeof value === 'object' && value !== null && 'output' in value ? value.output : value,
  )
}

/** As much of the output as is in the beginning of a response. @param most how long it is */
function outputInPart(text: string, most: number): string {
  const before = '"output":'
  const at = text.indexOf(before)
  return at < 0 ? '' : text.slice(at + before.length).slice(0, most)
}

function bareText({ seen: { how }, call }: Outcome, text: string, sent: Sent): Content {
  const said = eventsIn(sent.body).map(wordsOf).join('')
  if (!said.startsWith(text))
    return { end: how, wrong: [`its text is not the upstream’s: ${differ(said, text)}`] }
  if (how !== 'whole') return { end: how, wrong: [] }
  const isWhole = text === said
  const isBounded = call.way === 'says more than it was asked for'
  const wrong = isWhole || isBounded ? [] : ['a part of the text ended as if it were whole']
  if (isWhole && !hasEnd(eventsIn(sent.body)) && !isBounded)
    wrong.push('an answer that was cut ended as if it were whole')
  return { end: isWhole ? 'whole' : 'budget', wrong }
}

/** The events of a chat that say something: not its usage, its end or an upstream's pings. */
const isOfAnswer = (block: EventBlock): boolean => {
  const { choices, type, error, response } = sayingOf(block)
  if (error != null) return false
  if (type !== undefined) return type.startsWith('response.') && (response === undefined || isBegin(type))
  return choices !== undefined && choices.length > 0
}
const isBegin = (type: string) => type === 'response.created' || type === 'response.in_progress'

function relayed({ seen: { how }, call, asker }: Outcome, text: string, sent: Sent): Content {
  const events = eventsIn(text)
  const from = eventsIn(sent.body)
  const { state, code } = endIn(events)
  const isEnded = hasEnd(events)
  const wrong: string[] = []
  if (how === 'whole' && !isEnded) wrong.push('it ended well, and says no end')
  const end = how !== 'whole' && !isEnded ? how : (code ?? endOfState(state) ?? budgetOr(events, from))
  const closing = end === 'budget' ? closingOf(events) : []
  const others = events.filter((one) => !closing.includes(one))
  wrong.push(...judgeClosing(closing, others), ...compare(others, from, end === 'whole', code !== undefined))
  if (end === 'whole' && text !== sent.body && call.route.name === 'chat, streamed') {
    // Of a chat whose caller has a budget, the event with the usage alone may be left out. For visitors,
    // events that are no part of the answer become comments.
    const without = from
      .filter((one) => sayingOf(one).usage == null && (!asker.isVisitor || isOfAnswer(one) || isEnd(one)))
      .map((one) => one.text)
    const ours = events.map((one) => one.text)
    if (without.join('') !== ours.join('')) wrong.push('its bytes are not the upstream’s')
  }
  return { end, wrong }
}

const endOfState = (state: string | undefined) => (state === 'done' ? 'whole' : state)

/** An answer that Millrace ended at its bound says so by a `finish_reason` of its own. */
function budgetOr(events: EventBlock[], from: EventBlock[]): string {
  const isShort = events.filter(isOfAnswer).length < from.filter(isOfAnswer).length
  const isBounded = events.some((one) =>
    sayingOf(one).choices?.some(({ finish_reason }) => finish_reason === 'length'),
  )
  return isShort && isBounded ? 'budget' : 'whole'
}

/** What closes the open text of a response: Millrace says it where it ends the response at its bound. */
const CLOSING = ['response.output_text.done', 'response.content_part.done', 'response.output_item.done']

const closingOf = (events: readonly EventBlock[]): EventBlock[] =>
  events.filter((one) => CLOSING.includes(sayingOf(one).type ?? ''))

/** Each has the text that came, and the number after the one before. */
function judgeClosing(closing: readonly EventBlock[], others: readonly EventBlock[]): string[] {
  const words = others.map(wordsOf).join('')
  const numbers = others.filter(isOfAnswer).map((one) => sayingOf(one).sequence_number ?? 0)
  const next = Math.max(...numbers) + 1
  return closing.flatMap((one, at) => {
    const { text, part, item, sequence_number: number } = sayingOf(one)
    const said = text ?? part?.text ?? item?.content?.[0]?.text
    return [
      ...(said === words ? [] : [`it is closed by ${said}, and its text is ${words}`]),
      ...(number === next + at ? [] : [`it is closed by an event numbered ${number}, and not ${next + at}`]),
    ]
  })
}

/** The answer's own events: those of the upstream, from the first one on; all of them, if it is whole. */
function compare(
  events: EventBlock[],
  from: EventBlock[],
  isWhole: boolean,
  mayBeCompleted: boolean,
): string[] {
  const theirs = from.filter(isOfAnswer)
  const ours = events.filter(isOfAnswer).filter((one) => {
    const { choices } = sayingOf(one)
    // What Millrace adds where it ends an answer at its bound.
    return !choices?.every(({ finish_reason }) => finish_reason === 'length')
  })
  const wrong = ours.flatMap((one, at) => {
    if (one.data === theirs[at]?.data) return []
    if (mayBeCompleted && at === ours.length - 1) return []
    return [`event ${at} is not the upstream’s: ${differ(theirs[at]?.data ?? '', one.data)}`]
  })
  if (isWhole && ours.length !== theirs.length) {
    wrong.push(
      `it has ${ours.length} of the upstream’s ${theirs.length} events, and ended as if it were whole`,
    )
  }
  if (isWhole && !hasEnd(from)) wrong.push('an answer that was cut ended as if it were whole')
  return wrong.slice(0, 3)
}

/** Above any number that an event has: the end of an answer whose object was restarted. */
const LOST = 100_000

function kept({ seen, events, call, asker, id, refusedLater }: Outcome, sent: Sent): Content {
  const { state, code } = endIn(events)
  const wrong: string[] = []
  if (id === undefined) wrong.push('an answer that is kept has no id')
  if (!hasEnd(events)) return { end: refusedLater ?? (seen.how === 'whole' ? 'no end' : seen.how), wrong }
  events.forEach(({ id: number = 0 }, at) => {
    if (number !== at + 1 && number <= LOST) wrong.push(`event ${at} has the number ${number}`)
  })
  const from = eventsIn(sent.body)
  const end = endOfKept(state, code)
  if (call.route.format === 'chat-completions') wrong.push(...compare(events, from, end === 'whole', false))
  else wrong.push(...compareWords(events, from, end === 'whole', asker.isVisitor))
  return { end, wrong: wrong.slice(0, 3) }
}

function endOfKept(state: string | undefined, code: string | undefined): string {
  if (state === 'done') return 'whole'
  if (state === undefined) return code ?? 'no state'
  return state === 'failed' || state === 'truncated' ? (code ?? state) : state
}

/** A response that is kept has other ids and numbers than the upstream's. */
function compareWords(
  events: EventBlock[],
  from: EventBlock[],
  isWhole: boolean,
  isVisitor: boolean,
): string[] {
  const ours = events.map(wordsOf).join('')
  const theirs = from.map(wordsOf).join('')
  const wrong: string[] = []
  if (!theirs.startsWith(ours)) wrong.push(`its text is not the upstream’s: ${differ(theirs, ours)}`)
  if (isWhole && ours !== theirs) wrong.push('it has a part of the text, and ended as if it were whole')
  if (isWhole && !hasEnd(from)) wrong.push('an answer that was cut ended as if it were whole')
  if (isVisitor && events.some(({ data }) => data.includes('vs_68f0a1b2c3d4'))) {
    wrong.push('it shows a visitor the owner’s tools')
  }
  return wrong
}

function differ(theirs: string, ours: string): string {
  let at = 0
  while (at < ours.length && ours[at] === theirs[at]) at++
  const part = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 60))
  return `at ${at}, ${part(ours)} where the upstream has ${part(theirs)}`
}

export const TIMEOUTS: readonly string[] = [
  'upstream_connect_timeout',
  'upstream_first_byte_timeout',
  'upstream_silence_timeout',
  'upstream_total_timeout',
]

/** What a fault between Worker and upstream can make of an answer. */
const BY_FAR: Record<NetworkFault['kind'], readonly string[]> = {
  delay: ['upstream_total_timeout'],
  loss: ['upstream_total_timeout'],
  pieces: [],
  stall: [],
  silence: TIMEOUTS,
  reset: ['upstream_truncated', 'upstream_unreachable', 'whole'],
  'half-close': ['upstream_truncated', 'upstream_unreachable', 'whole'],
  'asker half-closes': ['upstream_truncated', 'upstream_unreachable', 'whole'],
}

/** Those after which a body does not come whole. */
const CUTS: readonly NetworkFault['kind'][] = ['silence', 'reset', 'half-close', 'asker half-closes']

const BY_DISRUPTION: Record<DisruptionKind, readonly string[]> = {
  kill: ['object_unavailable', 'interrupted'],
  deployment: ['broken', 'object_unavailable', 'interrupted'],
  clock: ['stopped', 'session_expired', 'invalid_session'],
}

const LIMITS = ['concurrency_exceeded', 'tokens_per_day_exceeded', 'total_tokens_per_day_exceeded']

function mayEnd({ call, isKept }: Outcome, hit: ReadonlySet<DisruptionKind>): ReadonlySet<string> {
  const way: Way = WAYS[call.way]
  const ends = new Set(call.route.streamed ? way.ends : (way.unstreamedEnds ?? way.ends))
  for (const one of LIMITS) ends.add(one)
  if (call.far !== undefined) {
    for (const one of BY_FAR[call.far.kind]) ends.add(one)
    if (CUTS.includes(call.far.kind)) for (const one of way.endsUnread ?? []) ends.add(one)
  }
  if (isKept) {
    ends.add('stream_too_long')
    if (call.reader.kind === 'stops it') ends.add('stopped')
  } else {
    if (call.near !== undefined && CUTS.includes(call.near.kind)) ends.add('broken').add('gave up')
    if (call.reader.kind === 'leaves') ends.add('left')
    // Bare text has no other way to say that it is not whole.
    const mayBreak = call.far !== undefined || way.ends.some((end) => end !== 'whole' && end !== 'budget')
    if (call.route.isText && mayBreak) ends.add('broken')
  }
  for (const kind of hit) for (const one of BY_DISRUPTION[kind]) ends.add(one)
  return ends
}

/**
 * The shortest deadline of chaos is 2.5 s, and a plan takes up to 2.1 s of it. A call's way has more parts
 * than a beat's, so half of the rest is enough.
 */
export const LATE_MS = 200

/** On a machine that is late a deadline can pass. Bare text says so by a connection that breaks. */
function mayEndLate({ call: { route, way } }: Outcome, end: string): boolean {
  const { endsUnread = [] }: Way = WAYS[way]
  const ends = [...TIMEOUTS, ...endsUnread, ...(route.isText ? ['broken'] : [])]
  return ends.includes(end)
}
