/**
 * The caller's Durable Object: a budget, streams and kept responses, each with its own tables, under one
 * alarm. A shard of a key has streams and responses alone; its budget is in the key's own object. Glue.
 */
import { DurableObject, exports } from 'cloudflare:workers'
import type { Dataset } from '../accounting/record.ts'
import { rateHeaders, withRates } from '../admission/rate-headers.ts'
import type { BudgetState, CallerLimits } from '../budget/budget-state.ts'
import { type CallerBudget, createCallerBudget, hasBudget } from '../budget/caller-budget.ts'
import type { Reservation, ReservationResult } from '../budget/ledger.ts'
import { type Config, readConfig, type Vars } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import { IDLE_LOOK_MS, SLICE_IDLE_MS } from '../limits.ts'
import { type CallerResponses, createCallerResponses } from '../responses/caller-responses.ts'
import {
  type AtUpstream,
  createKeptResponses,
  hasResponses,
  type KeptResponse,
  type Place,
} from '../responses/kept-responses.ts'
import {
  type CallerStreams,
  createCallerStreams,
  hasStreams,
  type StreamBudget,
} from '../streams/caller-streams.ts'
import type { Followed, Opened, Opening } from '../streams/streams.ts'
import { counterFor } from '../tokens/packed.ts'
import { chooseModeration, chooseUpstreams, chooseWords } from '../upstreams/choose.ts'
import { createTurns, type Turns } from '../upstreams/turns.ts'
import { type ReachedCaller, reachCaller } from './reach.ts'
import { type Reply, toReply } from './reply.ts'
import { readShardName, tagsOf } from './shards.ts'
import { type Sql, sqlOf } from './sql.ts'

/** The name of the one object that holds the deployment's budget. */
const DEPLOYMENT = 'total'

export class Caller extends DurableObject<Vars & { ANALYTICS?: Dataset }> {
  readonly #config: Config
  readonly #sql: Sql
  readonly #caller: string
  readonly #shard: number
  readonly #turns: Turns
  /** The budget that streams are admitted by: here, or in the caller's own object. */
  readonly #budgetOfStreams: StreamBudget & Pick<ReachedCaller, 'usage'>
  /** A part is opened when it has tables or is first used, and again after the object was wiped. */
  #budget: CallerBudget | undefined
  #streams: CallerStreams | undefined
  #responses: CallerResponses | undefined
  /** When the alarm is set to, as far as this start of the object knows. */
  #alarmAt: number | undefined

  /** The budget with the alarm: an object that is evicted before it settles is woken, and settles then. */
  readonly #tickets = {
    reserve: async (reservation: Reservation, limits: CallerLimits) => {
      const result = await this.#openBudget().reserve(reservation, limits)
      // A slice that was asked for and not used goes back sooner than a reservation expires.
      await this.#scheduleAlarm(limits.sliced ? Date.now() + SLICE_IDLE_MS : reservation.expiresAt)
      return result
    },
    settle: async (id: string, used: number | undefined) => {
      const settled = this.#openBudget().settle(id, used)
      await this.#scheduleAlarm(Date.now() + SLICE_IDLE_MS)
      return settled
    },
    charge: async (id: string, used: number) => {
      this.#openBudget().charge(id, used)
      await this.#scheduleAlarm(Date.now() + SLICE_IDLE_MS)
    },
    progress: (id: string, output: number) => this.#openBudget().progress(id, output),
    usage: async (limits: CallerLimits) => this.#openBudget().usage(limits),
  }

  constructor(ctx: DurableObjectState, env: Vars) {
    super(ctx, env)
    this.#config = readConfig(env)
    this.#sql = sqlOf(ctx.storage)
    const { caller, shard } = readShardName(ctx.id.name ?? '')
    this.#caller = caller
    this.#shard = shard
    this.#budgetOfStreams = shard === 0 ? this.#tickets : reachCaller(caller, this.#config)
    const { moderation } = this.#config
    this.#turns = createTurns(moderation.apis.length > 0 && (moderation.input || moderation.output))
    if (hasBudget(this.#sql)) this.#openBudget()
    if (hasStreams(this.#sql)) this.#openStreams()
    if (hasResponses(this.#sql)) this.#openResponses()
  }

  /** Makes the tables and the counter that the first question needs. */
  warm(): Reply<undefined> {
    if (this.#shard === 0) this.#openBudget()
    this.#openStreams()
    counterFor(this.#config.defaultModel)
    return {}
  }

  async open(opening: Opening): Promise<Reply<Opened>> {
    const opened = await this.#openStreams().open(opening)
    const { limits } = opening
    if (!(opened instanceof ApiError) || limits === undefined) return toReply(opened)
    // A budget that was not reached is not asked again.
    if (opened.code === 'object_unavailable') return toReply<Opened>(opened)
    const state = await this.#budgetOfStreams.usage(limits)
    const rates = state instanceof ApiError ? undefined : rateHeaders(state, Date.now())
    return toReply<Opened>(withRates(opened, rates))
  }

  async follow(id: string, after: number): Promise<Reply<Followed>> {
    // An object without tables has no streams, and an id that was made up must not give it any.
    return toReply((await this.#streams?.follow(id, after)) ?? new ApiError('stream_not_found'))
  }

  async stop(id: string): Promise<Reply<undefined>> {
    const streams = this.#streams
    return toReply(streams === undefined ? new ApiError('stream_not_found') : await streams.stop(id))
  }

  async ownResponse(id: string, expires: number, upstream: string | undefined): Promise<Reply<undefined>> {
    this.#openResponses().own(id, expires, upstream)
    await this.#scheduleAlarm(expires)
    return {}
  }

  placeOfResponse(id: string): Reply<Place | undefined> {
    return { answer: this.#isEmpty ? undefined : this.#openResponses().placeOf(id) }
  }

  readResponse(id: string): Reply<KeptResponse> {
    return toReply(this.#openResponses().read(id))
  }

  async cancelResponse(id: string): Promise<Reply<KeptResponse>> {
    return toReply(await this.#openResponses().cancel(id))
  }

  async forgetResponse(id: string): Promise<Reply<undefined>> {
    return toReply(await this.#openResponses().forget(id))
  }

  /** The items of the conversation up to this response, or which upstream has them. */
  conversation(id: string): Reply<readonly unknown[] | AtUpstream> {
    const none = () => new ApiError('previous_response_not_found', { param: 'previous_response_id' })
    return toReply(this.#isEmpty ? none() : this.#openResponses().conversation(id))
  }

  async reserve(reservation: Reservation, limits: CallerLimits): Promise<Reply<ReservationResult>> {
    return { answer: await this.#tickets.reserve(reservation, limits) }
  }

  async settle(id: string, used: number | undefined): Promise<Reply<boolean>> {
    return { answer: await this.#tickets.settle(id, used) }
  }

  progress(id: string, output: number): Reply<undefined> {
    this.#tickets.progress(id, output)
    return {}
  }

  async charge(id: string, used: number): Promise<Reply<undefined>> {
    await this.#tickets.charge(id, used)
    return {}
  }

  usage(limits: CallerLimits): Reply<BudgetState> {
    return { answer: this.#openBudget().usage(limits) }
  }

  /** For the deployment's object: an object that was wiped holds nothing. */
  async giveBack(): Promise<void> {
    if (this.#budget === undefined) return
    await this.#budget.giveBack()
    await this.#scheduleAlarm(Date.now() + SLICE_IDLE_MS)
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    for (const part of this.#parts()) await part.runDueWork()
    if (this.#dueAt() !== undefined) return this.#scheduleAlarm()
    // Most callers never come back, and an object without storage costs nothing.
    this.#budget = undefined
    this.#streams = undefined
    this.#responses = undefined
    this.#alarmAt = undefined
    await this.ctx.storage.deleteAll()
  }

  get #isEmpty(): boolean {
    return this.#streams === undefined && this.#responses === undefined
  }

  #openBudget(): CallerBudget {
    if (this.#budget !== undefined) return this.#budget
    const deployment = exports.Treasury.getByName(DEPLOYMENT)
    this.#budget = createCallerBudget(this.#sql, deployment, this.ctx.id.toString(), Date.now)
    void this.#scheduleAlarm()
    return this.#budget
  }

  #openStreams(): CallerStreams {
    if (this.#streams !== undefined) return this.#streams
    const { moderation } = this.#config
    const caller = this.#caller
    this.#streams = createCallerStreams(this.#sql, {
      caller,
      shard: this.#shard,
      tagOf: tagsOf(caller),
      config: this.#config,
      upstreams: chooseUpstreams(this.#config.upstream),
      words: chooseWords(this.#config)(caller),
      moderation: chooseModeration(moderation, this.#turns.verdict),
      takeTurn: this.#turns.call,
      budget: this.#budgetOfStreams,
      dataset: this.env.ANALYTICS,
      onKept: (ended, keep) => this.#openResponses().keep(ended, keep),
      onDue: () => void this.#scheduleAlarm(),
      // The next start of the object finds these streams running, and ends them.
      onBroken: () => this.ctx.abort('the journal failed'),
    })
    void this.#scheduleAlarm()
    return this.#streams
  }

  #openResponses(): CallerResponses {
    if (this.#responses !== undefined) return this.#responses
    this.#responses = createCallerResponses(createKeptResponses(this.#sql, Date.now), () =>
      this.#openStreams(),
    )
    void this.#scheduleAlarm()
    return this.#responses
  }

  #parts() {
    return [this.#budget, this.#streams, this.#responses].filter((part) => part !== undefined)
  }

  #dueAt(): number | undefined {
    const dues = this.#parts()
      .map((part) => part.dueAt())
      .filter((at) => at !== undefined)
    return dues.length === 0 ? undefined : Math.min(...dues)
  }

  /**
   * Sets an alarm even with nothing due: tables are billed, and the alarm wipes those that are of no use.
   *
   * @param soonest what has changed is due no sooner than this: an alarm before it will set the next one
   */
  async #scheduleAlarm(soonest = 0): Promise<void> {
    if (this.#alarmAt !== undefined && this.#alarmAt <= soonest) return
    const due = this.#dueAt() ?? Date.now() + IDLE_LOOK_MS
    // Setting the alarm at each change would cost a row each.
    const set = this.#alarmAt ?? (await this.ctx.storage.getAlarm()) ?? undefined
    // During the wait another change may have set it.
    this.#alarmAt ??= set
    const wiped = this.#parts().length === 0
    if (wiped || (this.#alarmAt !== undefined && this.#alarmAt <= due)) return
    this.#alarmAt = due
    await this.ctx.storage.setAlarm(due)
  }
}
