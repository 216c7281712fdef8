/**
 * The caller's Durable Object: it makes the calls upstream, keeps their answers, and serves them to any number of
 * readers, who come and go. Glue: what it puts together is tested without it.
 */
import { DurableObject } from 'cloudflare:workers'
import { type Config, readConfig, type Vars } from '../config.ts'
import { ApiError, type PlainError } from '../errors.ts'
import { PROBE_MS } from '../limits.ts'
import { type Dataset, record, type Tokens } from '../meter/record.ts'
import { createTally } from '../meter/tally.ts'
import { readEvent } from '../sse/chunk.ts'
import { createEventReader } from '../sse/decode.ts'
import { createClosing } from '../stage/closing.ts'
import { countChat } from '../tokens/chat.ts'
import { counterFor } from '../tokens/packed.ts'
import { askUpstream, createCall } from '../upstream/call.ts'
import { chooseUpstream } from '../upstream/choose.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { ChatRequest } from '../wire.ts'
import { createJournal, type Journal, type KeptStream } from './journal.ts'
import { interruptedEnd } from './log.ts'
import type { Conversation } from './running.ts'
import { sqlOf } from './sql-of.ts'
import {
  createStreams,
  type Followed,
  type Opened,
  type Opening,
  type StreamEnd,
  type Streams,
} from './streams.ts'

/** What the object answers with: errors are values, for what it throws means that it failed. */
export interface Reply<T> {
  answer?: T
  refused?: PlainError
}

export class Caller extends DurableObject<Vars & { ANALYTICS?: Dataset }> {
  readonly #config: Config
  readonly #upstream: Upstream
  #kept: { journal: Journal; streams: Streams } | undefined

  constructor(ctx: DurableObjectState, env: Vars) {
    super(ctx, env)
    this.#config = readConfig(env)
    this.#upstream = chooseUpstream(this.#config.upstream)
    // The calls of a life before this one are lost, and nobody else would end their streams.
    const { journal } = this.#open()
    for (const stream of journal.running()) this.#interrupt(stream, journal)
  }

  /** Anything asked of an object makes it. This also makes ready what its first question needs. */
  warm(): Reply<void> {
    counterFor(this.#config.defaultModel)
    return {}
  }

  async open(opening: Opening): Promise<Reply<Opened>> {
    return toReply(await this.#open().streams.open(opening))
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

  async stop(id: string): Promise<Reply<void>> {
    return toReply(await this.#open().streams.stop(id))
  }

  override async alarm(): Promise<void> {
    const { journal, streams } = this.#open()
    const next = journal.expire(Date.now())
    if (next !== undefined) return this.ctx.storage.setAlarm(next)
    if (streams.size > 0) return
    // Without storage an object costs nothing, and most callers never come back.
    this.#kept = undefined
    await this.ctx.storage.deleteAll()
  }

  #open() {
    if (this.#kept !== undefined) return this.#kept
    const journal = createJournal(sqlOf(this.ctx.storage))
    const streams = createStreams({
      journal,
      keeping: this.#config.keeping,
      silenceMs: this.#config.deadlines.silence,
      now: Date.now,
      converse: (opening) => this.#converse(opening),
      onEnd: (end) => this.#ended(end),
      // The next life of the object finds these streams running, and ends them.
      onBroken: () => this.ctx.abort('the journal failed'),
    })
    this.#kept = { journal, streams }
    return this.#kept
  }

  /** THE FLOW of a durable stream: the question upstream, its answer past the counters to the log. */
  #converse({ bytes, model }: Opening): Conversation {
    const { deadlines } = this.#config
    const wanted = new AbortController()
    const call = createCall(wanted.signal, deadlines.total)
    const send = (signal: AbortSignal) => this.#upstream.chat(bytes, signal)
    const begun = askUpstream({ send, stream: true, call, deadlines }).then(({ answer }) => answer)
    // While the question is on its way.
    const { messages } = JSON.parse(new TextDecoder().decode(bytes)) as ChatRequest
    const promptTokens = countChat(messages, model, counterFor(model))
    const { see, events, tokens } = accountOf(model, promptTokens)
    const { signal, abort, finished } = call
    const stop = () => wanted.abort()
    return { promptTokens, begun, signal, abort, stop, finished, see, lastEvents: events, tokens }
  }

  #ended({ stream, state, error, begun, tokens, bytes }: StreamEnd): void {
    const now = Date.now()
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
      ...tokens,
      end: state,
      ...(error && { code: error.code }),
    }
    record(line, this.env.ANALYTICS)
    void this.#awaitExpiry(now + this.#config.keeping.kept)
  }

  /** What was journalled is served, and then how it ended. */
  #interrupt(stream: KeptStream, journal: Journal): void {
    const { see, events, tokens } = accountOf(stream.model, stream.promptTokens)
    const reader = createEventReader()
    let place = 0
    let bytes = 0
    for (
      let part = journal.read(stream.serial, 0);
      part !== undefined;
      part = journal.read(stream.serial, place)
    ) {
      for (const event of reader.push(part.bytes)) see(readEvent(event))
      place = part.last
      bytes += part.bytes.length
    }
    const end = { state: 'interrupted' as const, error: new ApiError('interrupted') }
    const [data = ''] = events(end, undefined)
    journal.end(
      stream.serial,
      interruptedEnd(stream, data),
      end.state,
      Date.now() + this.#config.keeping.kept,
    )
    this.#ended({ stream, ...end, begun: undefined, tokens: tokens(), bytes })
  }

  async #awaitExpiry(at: number): Promise<void> {
    // The earliest is set already: all are kept for the same time.
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(at)
  }
}

/** Counts and times an answer, and knows its last words. */
function accountOf(model: string, promptTokens: number) {
  const tally = createTally({ promptTokens }, counterFor(model))
  const base = { id: `chatcmpl-${crypto.randomUUID()}`, created: Math.floor(Date.now() / 1000), model }
  const tokens = (): Tokens => {
    const { usage, source } = tally.usage()
    const { prompt_tokens, completion_tokens } = usage
    return { prompt_tokens, completion_tokens, usage_source: source }
  }
  return { ...createClosing(tally, base, Date.now), tokens }
}

function toReply<T>(answer: T | ApiError): Reply<T> {
  return answer instanceof ApiError ? { refused: answer.toPlain() } : { answer }
}
