/**
 * The caller's Durable Object: it makes the calls upstream, keeps their answers, and serves them to any number of
 * readers, who come and go. Glue: what it puts together is tested without it.
 */
import { DurableObject, exports } from 'cloudflare:workers'
import { type Dataset, record } from '../accounting/record.ts'
import { rateError } from '../admission/rate.ts'
import { rateHeaders, withRates } from '../admission/rate-headers.ts'
import { type Budget, createBudget } from '../budget/budget.ts'
import type { Ask } from '../budget/ledger.ts'
import type { Decision } from '../budget/reserve.ts'
import type { Limits, Standing } from '../budget/standing.ts'
import { type Config, readConfig, type Vars } from '../config/config.ts'
import { ApiError, mayHaveCost } from '../errors.ts'
import { GATHER_MS, IDLE_LOOK_MS, MAX_EVENT_BYTES, PROBE_MS } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { type Reply, toReply } from '../objects/reply.ts'
import { sqlOf } from '../objects/sql-of.ts'
import { createEventReader } from '../protocol/event-reader.ts'
import { counterFor } from '../tokens/packed.ts'
import { chooseModeration, chooseUpstream } from '../upstreams/choose.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { createJournal, type Journal, type KeptStream } from './journal.ts'
import { interruptedEnd } from './log.ts'
import {
  createStreams,
  type Followed,
  type Opened,
  type Opening,
  type StreamEnd,
  type Streams,
} from './streams.ts'
import { answerOf, startUpstreamRun, type UpstreamRun } from './upstream-run.ts'

export class Caller extends DurableObject<Vars & { ANALYTICS?: Dataset }> {
  readonly #config: Config
  readonly #upstream: Upstream
  readonly #moderation: Moderating
  #kept: { journal: Journal; streams: Streams; budget: Budget } | undefined

  constructor(ctx: DurableObjectState, env: Vars) {
    super(ctx, env)
    this.#config = readConfig(env)
    this.#upstream = chooseUpstream(this.#config.upstream)
    this.#moderation = chooseModeration(this.#config.moderation)
    // The calls of a life before this one are lost, and nobody else would end their streams.
    const { journal } = this.#open()
    for (const stream of journal.running()) this.#interrupt(stream, journal)
  }

  /** Anything asked of an object makes it. This also makes ready what its first question needs. */
  warm(): Reply<undefined> {
    counterFor(this.#config.defaultModel)
    return {}
  }

  async open(opening: Opening): Promise<Reply<Opened>> {
    const { streams, budget } = this.#open()
    const opened = await streams.open(opening)
    const { limits } = opening
    if (!(opened instanceof ApiError)) return { answer: opened }
    const rates = limits && rateHeaders(budget.usage(limits), Date.now())
    return toReply<Opened>(withRates(opened, rates))
  }

  async follow(id: string, after: number): Promise<Reply<Followed>> {
    const { streams } = this.#open()
    const followed = streams.follow(id, after)
    if (!(followed instanceof ApiError) || followed.code !== 'too_many_readers') return toReply(followed)
    // Who has left is only noticed by writing to them.
    streams.probe(id)
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS))
    return toReply(streams.follow(id, after))
  }

  async stop(id: string): Promise<Reply<undefined>> {
    return toReply(await this.#open().streams.stop(id))
  }

  async reserve(ask: Ask, limits: Limits): Promise<Reply<Decision>> {
    const decision = await this.#open().budget.reserve(ask, limits)
    await this.#awaitDue()
    return { answer: decision }
  }

  async settle(id: string, used: number | undefined): Promise<Reply<undefined>> {
    this.#open().budget.settle(id, used)
    await this.#awaitDue()
    return {}
  }

  async charge(id: string, used: number): Promise<Reply<undefined>> {
    this.#open().budget.charge(id, used)
    await this.#awaitDue()
    return {}
  }

  usage(limits: Limits): Reply<Standing> {
    return { answer: this.#open().budget.usage(limits) }
  }

  override async alarm(): Promise<void> {
    const { journal, streams, budget } = this.#open()
    journal.expire(Date.now())
    await budget.tend()
    if (streams.size > 0 || this.#due() !== undefined) return this.#awaitDue()
    // Without storage an object costs nothing, and most callers never come back.
    this.#kept = undefined
    await this.ctx.storage.deleteAll()
  }

  #open() {
    if (this.#kept !== undefined) return this.#kept
    const sql = sqlOf(this.ctx.storage)
    const journal = createJournal(sql)
    const budget = createBudget(sql, exports.Treasury.getByName(THE_TREASURY), Date.now)
    const streams = createStreams({
      journal,
      keeping: this.#config.keeping,
      silenceMs: this.#config.deadlines.silence,
      gatherMs: GATHER_MS,
      now: Date.now,
      admit: (opening) => this.#admit(opening, budget),
      ask: (opening) => this.#ask(opening),
      onUnused: (id, why) => {
        budget.settle(id, why !== undefined && mayHaveCost(why.code) ? undefined : 0)
        void this.#awaitDue()
      },
      onEnd: (end) => this.#ended(end),
      // The next life of the object finds these streams running, and ends them.
      onBroken: () => this.ctx.abort('the journal failed'),
    })
    this.#kept = { journal, streams, budget }
    // Tables are paid for, and a call that has no limits has nothing due: should this life end in it, the alarm begins the next.
    void this.#awaitDue()
    return this.#kept
  }

  /** What the call may take is put aside before it is made. */
  async #admit({ reservation, limits }: Opening, budget: Budget): Promise<Standing | undefined | ApiError> {
    if (limits === undefined) return undefined
    const decision = await budget.reserve(reservation, limits)
    // An object that dies now is woken by it, and settles what it had put aside.
    await this.#awaitDue()
    return decision.kind === 'refused'
      ? rateError(decision.refusal, decision.standing, Date.now())
      : decision.standing
  }

  #ask({ bytes, model, reservation, limits }: Opening): UpstreamRun {
    const parts = {
      upstream: this.#upstream,
      moderation: this.#moderation,
      deadlines: this.#config.deadlines,
    }
    return startUpstreamRun({ bytes, model, reserved: limits && reservation }, parts)
  }

  #ended({ stream, state, error, begun, tokens, bytes }: StreamEnd): void {
    const now = Date.now()
    // What goes wrong late, when the reader had to have its id already, is a refusal all the same.
    const refused = begun === undefined && state === 'failed' && error && !mayHaveCost(error.code)
    const line = {
      id: begun?.headers['x-request-id'] ?? stream.requestId,
      route: '/v1/streams',
      method: 'POST',
      status: 201,
      caller: this.ctx.id.name ?? '',
      model: stream.model,
      ...(begun && { upstream_status: begun.status, first_byte_ms: begun.firstByte - stream.started }),
      total_ms: now - stream.started,
      bytes,
      ...(!refused && tokens),
      end: state,
      ...(error && { code: error.code }),
    }
    record(line, this.env.ANALYTICS)
    const { budget } = this.#open()
    const used = refused ? 0 : tokens.prompt_tokens + tokens.completion_tokens
    // Who has no budget has an account all the same.
    if (!budget.settle(stream.requestId, used) && used > 0 && line.caller.startsWith('key:')) {
      budget.charge(stream.requestId, used)
    }
    void this.#awaitDue()
  }

  /** What was journalled is served, and then how it ended. */
  #interrupt(stream: KeptStream, journal: Journal): void {
    const { reader, usage } = answerOf(stream.model, stream.promptTokens)
    const frames = createEventReader(MAX_EVENT_BYTES)
    let place = 0
    let bytes = 0
    for (let part = journal.read(stream, 0); part !== undefined; part = journal.read(stream, place)) {
      for (const { event } of frames.push(part.bytes)) if (event !== undefined) usage.see(reader.read(event))
      place = part.last
      bytes += part.bytes.length
    }
    const error = new ApiError('interrupted')
    const end = { state: 'interrupted' as const, error }
    const [data = ''] = reader.closing({
      ...end,
      error: { error, separate: false },
      tell: 'record',
      usage: usage.usage,
    })
    journal.end(stream.serial, [interruptedEnd(data)], end.state, Date.now() + this.#config.keeping.kept)
    this.#ended({ stream, ...end, begun: undefined, tokens: usage.tokens(), bytes })
  }

  /** When there is something to do next: milliseconds since the epoch; `undefined` where nothing is known to come. */
  #due(): number | undefined {
    const { journal, budget } = this.#open()
    const due = [journal.dueAt(), budget.dueAt()].filter((at) => at !== undefined)
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** Sets the alarm to when there is something to do next. As long as there are tables there is an alarm, or nobody would ever wipe them. */
  async #awaitDue(): Promise<void> {
    const due = this.#due()
    // An alarm that comes too early sets the next one; setting each anew would be a row written each.
    const set = await this.ctx.storage.getAlarm()
    // Meanwhile all may have been wiped.
    if (this.#kept === undefined) return
    if (set === null) await this.ctx.storage.setAlarm(due ?? Date.now() + IDLE_LOOK_MS)
    else if (due !== undefined && set > due) await this.ctx.storage.setAlarm(due)
  }
}

/** There is one for all. */
const THE_TREASURY = 'total'
