/** One running stream: the answer on its way into the log, and a clock that journals it, keeps its readers' connections alive, and ends what nobody reads. */

import type { Tokens } from '../accounting/record.ts'
import { ApiError } from '../errors.ts'
import type { AnswerEvent } from '../formats/chat-completions/read-event.ts'
import { FLUSH_MS, HEARTBEAT_MS, type Keeping } from '../limits.ts'
import type { Moderation } from '../moderation/moderation.ts'
import { masked } from '../moderation/said.ts'
import type { Provisional, RunningLog } from './log.ts'
import { createReaders, type Readers } from './readers.ts'
import { type Ended, endOf, transcribe } from './transcribe.ts'

/** A question that has gone upstream, and what comes of it. caller.ts makes one out of the steps that are not this folder's. */
export interface Conversation {
  promptTokens: number
  /** Settles with the upstream's first byte, or with why there is none. */
  begun: Promise<Begun | ApiError>
  /** Aborts with the call; its reason is an `ApiError` that says why. */
  signal: AbortSignal
  abort(reason: ApiError): void
  /** Ends the call because nobody wants it any more. */
  stop(): void
  /** Looks at each event. @returns whether it is one for the readers */
  see(read: AnswerEvent): boolean
  /** The data of the last events. */
  lastEvents(ended: Ended, begun: Begun | undefined): string[]
  /** What was used so far. */
  tokens(): Tokens
  /** Begins to moderate the answer; `undefined`: what comes is shown. @param release takes what may be shown */
  moderate: ((release: (items: string[]) => void) => Moderation<string>) | undefined
  /** The call is over: its deadlines are. */
  finished(): void
}

export interface Begun {
  first: Uint8Array
  rest: ReadableStream<Uint8Array>
  /** Milliseconds since the epoch. */
  asked: number
  firstByte: number
  status: number
  headers: Record<string, string>
}

export interface Running {
  readonly log: RunningLog
  readonly readers: Readers
  /** Whether anyone knows of it: before that, an answer that never began is a refusal, and after it the stream's end. */
  announced: boolean
  /** Settles when the stream has ended and is journalled so, or with `refused` when it never was one. Rejects where the journal failed. */
  readonly ended: Promise<(Ended & { begun: Begun | undefined }) | 'refused'>
}

export interface RunOptions {
  keeping: Keeping
  silenceMs: number
  /** A clock in milliseconds since the epoch. */
  now(): number
}

/** @param newLog is told which of its events are provisional */
export function run(
  conversation: Conversation,
  newLog: (provisional: Provisional) => RunningLog,
  { keeping, silenceMs, now }: RunOptions,
): Running {
  const { signal, abort } = conversation
  /** How many events the moderation has let out. */
  let released = 0
  const moderation = conversation.moderate?.((items) => {
    const before = released
    released += items.length
    for (const [index, data] of items.entries()) {
      // After one that could not be kept none is: it would be missing in the middle.
      if (log.last === before + index) attempt(() => show(data), abort)
    }
  })
  /** How many of the last `count` that were let out are in the log. */
  const kept = (count: number) => Math.max(0, count - (released - log.last))
  const log = newLog({
    get count() {
      return moderation === undefined ? 0 : kept(moderation.ahead)
    },
    mask: masked,
  })
  const readers = createReaders(log, now)
  /** When the upstream's last byte came; until its first one the call has deadlines of its own. */
  let heard: number | undefined
  let quietSince = now()

  void moderation?.ended.then(({ state }) => {
    if (state === 'flagged' || state === 'unavailable') abort(new ApiError('content_filter'))
  })

  function tick(): void {
    // An answer that can't be kept is not paid for any longer.
    attempt(log.flush, abort)
    const at = now()
    if (at - quietSince >= HEARTBEAT_MS) {
      quietSince = at
      log.heartbeat()
    }
    readers.cutLaggards()
    if (readers.absence() >= keeping.abandoned) conversation.stop()
    if (heard !== undefined && at - heard >= silenceMs) abort(new ApiError('upstream_silence_timeout'))
  }

  function show(data: string): void {
    // Not with each byte: an upstream's comments are for us, and to our readers silence.
    quietSince = now()
    log.append(data)
  }

  const answer = (begun: Begun) =>
    transcribe({
      ...begun,
      signal,
      onBytes() {
        heard = now()
      },
      see: conversation.see,
      append(data) {
        if (moderation !== undefined) return moderation.push(data, { data })
        attempt(
          () => show(data),
          (error) => {
            throw error
          },
        )
      },
    })

  /** What is held when the answer ends is judged, and shown or not. Of an answer that was stopped nobody wants it, and what was shown ahead of its verdict goes. */
  async function judged(ended: Ended): Promise<{ ended: Ended; withdrawn: number }> {
    if (moderation === undefined) return { ended, withdrawn: 0 }
    if (ended.state === 'stopped') moderation.stop()
    const outcome = await moderation.end()
    if (outcome.state === 'passed') return { ended, withdrawn: 0 }
    const { finish, retract } = outcome
    const withdrawn = kept(outcome.withdrawn)
    const withheld = { finish: outcome.state === 'flagged' ? finish : [], retract }
    if (outcome.state === 'stopped') return { ended: { ...ended, withheld }, withdrawn }
    if (outcome.state === 'flagged') return { ended: { state: 'moderated', withheld }, withdrawn }
    const error = new ApiError('moderation_unavailable', { cause: outcome.why })
    return { ended: { state: 'failed', error, withheld }, withdrawn }
  }

  async function whole(): Promise<Awaited<Running['ended']>> {
    const started = await conversation.begun
    const begun = started instanceof ApiError ? undefined : started
    if (started instanceof ApiError && !running.announced) return 'refused'
    const { ended, withdrawn } = await judged(
      started instanceof ApiError ? endOf(started) : await answer(started),
    )
    log.end(ended.state, conversation.lastEvents(ended, begun), now() + keeping.kept, withdrawn)
    return { ...ended, begun }
  }

  const timer = setInterval(tick, FLUSH_MS)
  const running: Running = {
    log,
    readers,
    announced: false,
    ended: whole().finally(() => {
      clearInterval(timer)
      moderation?.stop()
      conversation.finished()
    }),
  }
  return running
}

/** Does `work`, or tells why it can't be done. */
function attempt(work: () => void, failed: (error: ApiError) => void): void {
  try {
    work()
  } catch (cause) {
    failed(cause instanceof ApiError ? cause : new ApiError('internal_error', { cause }))
  }
}
