/** The upstream call of a durable stream: sends the question, and observes the answer. */
import { chargeOf, type Terms } from '../accounting/charge.ts'
import { sender } from '../admission/bodies.ts'
import type { Chunks } from '../answer/chunks.ts'
import { gatheredChunks } from '../answer/chunks.ts'
import type { AnswerItem, AnswerRun, Observer } from '../answer/engine.ts'
import { outputLimit } from '../answer/output-limit.ts'
import { seeEvents } from '../answer/see-events.ts'
import { createTimer, type Timer } from '../answer/timing.ts'
import { createUsageCount, type UsageCount } from '../answer/usage.ts'
import { awaitVerdict } from '../answer/verdict.ts'
import { ApiError } from '../errors.ts'
import type { AnswerFormat } from '../formats/answer-format.ts'
import { reread } from '../formats/reread.ts'
import type { WireFormat } from '../formats/wire-format.ts'
import type { Deadlines } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { createModeration } from '../moderation/moderation.ts'
import { judgeQuestion } from '../moderation/question.ts'
import { parseJson } from '../protocol/json.ts'
import { counterFor } from '../tokens/packed.ts'
import { askUpstream, type UpstreamResult } from '../upstreams/ask.ts'
import { createCall } from '../upstreams/call.ts'
import { plan } from '../upstreams/plan.ts'
import { errorInStream } from '../upstreams/refusal.ts'
import type { TakeTurn } from '../upstreams/turns.ts'
import type { Upstream, Upstreams } from '../upstreams/upstream.ts'
import type { UpstreamWords } from '../upstreams/words.ts'
import type { KeptStream } from './journal.ts'

/** A question that has gone upstream, and its answer. */
export interface UpstreamRun
  extends Pick<
    AnswerRun,
    'format' | 'reader' | 'signal' | 'abort' | 'usage' | 'moderate' | 'errorOf' | 'onUpstreamEnd'
  > {
  promptTokens: number
  /** Settles with the upstream's first byte, or with the reason why there is none. */
  begun: Promise<StartedAnswer | ApiError>
  /** See each event, in order, before it is shown. */
  observers: readonly Observer[]
  timer: Timer
  /** What the log says of the call; `undefined` until its first byte. */
  readonly notes: UpstreamResult['notes'] | undefined
  /** The data of the upstream's own end; `undefined` until then. */
  readonly upstreamEnd: string | undefined
  /** Reads the body of a started answer. */
  chunksOf(answer: StartedAnswer): Chunks
  /** Ends the call because its answer is no longer wanted. */
  stop(): void
  /** What the call is charged, in tokens; `undefined`: it has cost nothing. To be asked at its end. */
  charged(): number | undefined
  /** Ends the call's deadlines: the call is over. */
  finished(): void
}

export interface StartedAnswer {
  first: Uint8Array
  rest: ReadableStream<Uint8Array>
  /** Milliseconds since the epoch. */
  asked: number
  firstByte: number
  status: number
  headers: Record<string, string>
}

interface Question {
  /** Of the stream that the answer fills. */
  id: string
  wire: WireFormat
  /** The request as it goes upstream. */
  bytes: Uint8Array
  model: string
  /** The one upstream that has what the question goes on from. */
  at: string | undefined
  /** `undefined`: the prompt was not counted before the call. */
  promptTokens: number | undefined
  /** The tokens reserved for the answer; `undefined`: the caller has no limits. */
  reservedOutput: number | undefined
  /** By what the call is charged if the upstream did not count all that it made. */
  terms: Pick<Terms, 'output' | 'unseenPerSecond'>
}

interface Parts {
  /** Whether readers must not see what an answer repeats of the owner's prompts and tools. */
  strips: boolean
  upstreams: Upstreams
  words: UpstreamWords
  moderation: Moderating
  deadlines: Deadlines
  /** What each attempt of the call waits for. */
  takeTurn: TakeTurn
  /** Called now and then with the number of the answer's tokens, if tokens were reserved for it. */
  onProgress(tokens: number): void
}

/** Makes the call at once. */
export function startUpstreamRun(
  { id, wire, bytes, model, at, promptTokens: counted, reservedOutput, terms }: Question,
  { strips, upstreams, words, moderation, deadlines, takeTurn, onProgress }: Parts,
): UpstreamRun {
  const wanted = new AbortController()
  const call = createCall(wanted.signal, deadlines.total)
  const { signal } = call
  const candidates = plan(upstreams, { model, route: wire.name, at })
  const asking = askUpstream({
    candidates,
    rests: upstreams.rests,
    send: sender(wire, bytes, candidates),
    stream: wire.answers,
    isJudged: moderation.output,
    call,
    deadlines,
    words,
    question: bytes,
    takeTurn,
  })
  // Counting overlaps with the call.
  const question = reread(bytes, wire.requests)
  const counter = counterFor(model)
  const promptTokens = counted ?? question.promptTokens(model, counter)
  const { input, output, ...how } = moderation
  const verdict = input
    ? judgeQuestion(question.judgedTexts(moderation.ownersPrompt, moderation.ownersTools), { ...how, signal })
    : undefined
  void verdict?.then((refused) => refused && call.leave(refused))
  const limit = reservedOutput === undefined ? undefined : outputLimit(reservedOutput, counter, onProgress)
  const { format, reader, usage, timer } = answerOf(wire, { id, model, promptTokens }, strips)
  let lost: readonly number[] = []
  let notes: UpstreamResult['notes'] | undefined
  let upstream = candidates[0]?.upstream as Upstream
  let work: { isWhole: boolean; ms: number } | undefined
  let askedAt = 0
  let upstreamEnd: string | undefined
  const end: Observer = {
    see({ kind, data }) {
      if (kind === 'done') upstreamEnd = data
    },
  }
  const ended = (isWhole: boolean) => {
    work = { isWhole, ms: Date.now() - askedAt }
  }

  async function begin(): Promise<StartedAnswer | ApiError> {
    const asked = await asking
    const { answer, unstreamed } = asked
    lost = asked.lost
    notes = asked.notes
    if (unstreamed !== undefined) {
      usage.see(format.readWhole(parseJson(new TextDecoder().decode(unstreamed.body))))
      work = { isWhole: false, ms: unstreamed.ms }
    }
    if (answer instanceof ApiError) return answer
    askedAt = answer.asked
    upstream = answer.upstream
    const refusal = await awaitVerdict(verdict, answer, call, seeEvents(reader, usage))
    if (refusal !== undefined) ended(false)
    return refusal ?? answer
  }

  return {
    format,
    reader,
    usage,
    timer,
    promptTokens,
    begun: begin(),
    get notes() {
      return notes
    },
    get upstreamEnd() {
      return upstreamEnd
    },
    charged() {
      const answer = work && { ...work, counted: usage.counted() }
      return chargeOf({ lost, answer }, { ...terms, promptTokens: () => promptTokens })
    },
    onUpstreamEnd: ({ state }) => ended(state === 'done'),
    signal,
    abort: call.leave,
    stop: () => wanted.abort(),
    finished: call.finished,
    // `usage` comes first: the tokens that exceed the limit were used too.
    observers: [usage, timer, end, ...(limit ? [limit] : [])],
    chunksOf({ first, rest }) {
      const chunks = gatheredChunks(first, rest, { now: Date.now })
      call.onLeave(chunks.hurry)
      return chunks
    },
    moderate: output ? (release) => createModeration<AnswerItem>({ ...how, release }) : undefined,
    errorOf: (wire) => errorInStream(wire, { words, upstream, question: bytes }, output),
  }
}

/** Reads and counts one answer, live or from the journal. Its readers know it by its stream's id. */
export function answerOf(
  { answers: format }: WireFormat,
  { id, model, promptTokens }: Pick<KeptStream, 'id' | 'model' | 'promptTokens'>,
  strips: boolean,
): { format: AnswerFormat; reader: AnswerRun['reader']; usage: UsageCount; timer: Timer } {
  return {
    format,
    reader: format.reader(model, { responseId: id, strips }),
    usage: createUsageCount(() => promptTokens, counterFor(model)),
    timer: createTimer(Date.now),
  }
}
