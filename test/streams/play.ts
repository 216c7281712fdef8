/** Plays a scene with a caller's streams, and says what is wrong with what its readers got. */
import { vi } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import type { Sql } from '../../worker/objects/sql.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import type { EndState } from '../../worker/protocol/wire.ts'
import { createJournal, type Journal, type KeptStream } from '../../worker/streams/journal.ts'
import { interruptedEnd } from '../../worker/streams/log.ts'
import { createStreams, type Streams } from '../../worker/streams/streams.ts'
import type { Dialect } from './dialects.ts'
import { type Act, READERS, type Scene } from './scene.ts'
import { testStreamId } from './test-ids.ts'
import { admitted } from './test-ticket.ts'
import { createTestUpstream, type TestUpstream } from './upstream.ts'
import { Visitor } from './visitor.ts'

/** A time that no scene comes to the end of. */
const FOREVER = 1e12

const refusal = new ApiError('upstream_unreachable')

/** From one start of the object to the next: what is not in the database ends with it. */
interface Life {
  journal: Journal
  streams: Streams
  upstream: TestUpstream | undefined
  over: boolean
}

/** How it ended, and what is wrong with what its readers got: `undefined`, nothing. */
export interface Verdict {
  state: EndState | 'refused'
  wrong: string | undefined
}

export async function play(
  sql: Sql,
  { tokens, cuts, acts, ending }: Scene,
  dialect: Dialect,
): Promise<Verdict> {
  const answer = dialect.answer(tokens)
  const chunks = cut(toBytes(answer.join('')), cuts)
  const idempotency = { key: crypto.randomUUID(), hash: 'hash' }
  const reservation = { id: 'req_1', prompt: 7, output: 100, expiresAt: 1 }
  const opening = {
    format: dialect.name,
    bytes: toBytes('{}'),
    model: 'gpt-test',
    idempotency,
    reservation,
    limits: undefined,
  }
  let life = begin()
  let id: string | undefined
  let interrupted: { journalled: number; had: number[] } | undefined
  let broken: unknown
  let ended = false

  function begin(): Life {
    const own: Sql = {
      rows: (...statement) => living().rows(...statement),
      transaction: (work) => living().transaction(work),
    }
    const living = () => {
      if (born.over) throw new Error('It is dead.')
      return sql
    }
    const born: Life = { over: false, upstream: undefined } as Life
    born.journal = createJournal(own)
    born.streams = createStreams({
      journal: born.journal,
      newId: testStreamId,
      keeping: { kept: FOREVER, abandoned: FOREVER },
      silenceMs: FOREVER,
      now: Date.now,
      admit: ({ reservation }) => admitted(reservation.id),
      ask(_, id) {
        const newReader = () => dialect.format.reader('gpt-test', { responseId: id })
        born.upstream = createTestUpstream(Date.now, { format: dialect.format, newReader })
        // After a refusal the next reader asks anew.
        if (ended) born.upstream.refuse(refusal)
        return born.upstream.run
      },
      onEnd() {},
      onBroken(error) {
        if (!born.over) broken = error
      },
    })
    return born
  }

  /** As the object does it: caller-streams.ts. */
  function restart(): void {
    const had = visitors.map((visitor) => {
      visitor.lose(0)
      return visitor.cursor
    })
    life.over = true
    vi.clearAllTimers()
    life = begin()
    for (const stream of life.journal.running()) {
      interrupted = { journalled: stream.last, had }
      const end = interruptedEnd([{ data: '{"interrupted":true}' }])
      life.journal.end(stream.serial, { full: [end], state: 'interrupted', expires: FOREVER })
    }
  }

  const visitors = Array.from(
    { length: READERS },
    () =>
      new Visitor(async (after) => {
        if (id !== undefined) return life.streams.follow(id, after)
        const opened = await life.streams.open({ ...opening, after })
        if (!(opened instanceof ApiError)) id = opened.id
        return opened
      }),
  )

  function stop(): void {
    // Whoever asked for it in a life that ends meanwhile is not told.
    if (id !== undefined) life.streams.stop(id).catch(() => {})
  }

  async function perform(one: Act): Promise<void> {
    if (one.act === 'say') for (const chunk of chunks.splice(0, one.chunks)) life.upstream?.say(chunk)
    if (one.act === 'pass') vi.advanceTimersByTime(one.ms)
    if (one.act === 'read') visitors[one.reader]?.read()
    if (one.act === 'leave') visitors[one.reader]?.lose(one.lost)
    if (one.act === 'restart') restart()
    if (one.act === 'stop') stop()
    for (let turn = 0; turn < one.turns; turn++) await undefined
  }

  function end(): void {
    const { upstream } = life
    if (ending.rest) for (const chunk of chunks) upstream?.say(chunk)
    if (ending.how === 'error') upstream?.say(dialect.error)
    if (ending.how === 'garbage') upstream?.say('\n\ndata: garbage\n\n')
    if (ending.how === 'break') upstream?.breakOff()
    if (ending.how === 'restart') restart()
    if (ending.how === 'stop') stop()
    upstream?.end()
    // One that never said a word has not begun, and so can't end.
    upstream?.refuse(refusal)
    ended = true
  }

  visitors[0]?.read()
  for (const one of acts) await perform(one)
  end()
  for (const visitor of visitors) await visitor.finish()
  const stream = life.journal.byKey(idempotency.key)
  if (stream === undefined) {
    const refused = visitors.every(({ over, text }) => over instanceof ApiError && text === '')
    return {
      state: 'refused',
      wrong: refused ? undefined : 'There is no stream, and yet someone read of it.',
    }
  }
  if (stream.state === 'running') throw new Error('It has not ended.')
  const wrong = broken === undefined ? await judge(stream, stream.state) : `The journal failed: ${broken}`
  life.journal.forget(stream.serial)
  return { state: stream.state, wrong }

  async function judge({ id }: KeptStream, state: EndState): Promise<string | undefined> {
    const undisturbed = new Visitor(async (after) => life.streams.follow(id, after))
    await undisturbed.finish()
    const { text } = undisturbed
    const events = dialect.shown(answer, id).map((one, index) => `id: ${index + 1}\n${one}`)
    const first = (count: number) => events.slice(0, count).join('')
    const common = interrupted?.journalled ?? countCommon(text, events)
    if (!text.startsWith(first(common))) return `Not what the upstream said: ${text}`
    const closing = text.slice(first(common).length)
    if (!isClosing(closing, state, dialect)) return `Not the end of one that is ${state}: ${closing}`
    if (state === 'done' && common !== events.length) return `Done, with ${common} of ${events.length}.`
    for (const [index, { over, text: got, broken }] of visitors.entries()) {
      if (broken.length > 0) return `Reader ${index} was cut off: ${broken}`
      const expected = first(Math.max(common, interrupted?.had[index] ?? 0)) + closing
      if (over !== 'read') return `Reader ${index} was refused: ${over}`
      if (got !== expected) return `Reader ${index} got\n${got}\nin place of\n${expected}`
    }
    return undefined
  }
}

function cut(bytes: Uint8Array, shares: readonly number[]): Uint8Array[] {
  const places = [...new Set(shares.map((share) => Math.floor(share * bytes.length)))].toSorted(
    (a, b) => a - b,
  )
  return [0, ...places]
    .map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
    .filter(({ length }) => length > 0)
}

/** How many of these events it begins with. */
function countCommon(text: string, events: readonly string[]): number {
  let at = 0
  for (const [index, one] of events.entries()) {
    if (!text.startsWith(one, at)) return index
    at += one.length
  }
  return events.length
}

/** Whether these are the last events of a stream in this state, and no others. */
function isClosing(text: string, state: EndState, dialect: Dialect): boolean {
  const events = text.split('\n\n').slice(0, -1)
  if (state !== 'interrupted') return dialect.isClosing(events, state)
  return events.length === 1 && events[0]?.replace(/^id: \d+\n/, '') === 'data: {"interrupted":true}'
}
