/** One running stream: the answer on its way into the log, and a clock that journals it, keeps its readers' connections alive, and ends what nobody reads. */
import { ApiError } from '../errors.ts'
import { FLUSH_MS, HEARTBEAT_MS, type Keeping } from '../limits.ts'
import type { Tokens } from '../meter/record.ts'
import type { AnswerEvent } from '../sse/chunk.ts'
import type { RunningLog } from './log.ts'
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

export function run(
  conversation: Conversation,
  log: RunningLog,
  { keeping, silenceMs, now }: RunOptions,
): Running {
  const { signal, abort } = conversation
  const readers = createReaders(log, now)
  /** When the upstream's last byte came; until its first one the call has deadlines of its own. */
  let heard: number | undefined
  let quietSince = now()

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

  const answer = (begun: Begun) =>
    transcribe({
      ...begun,
      signal,
      onBytes() {
        heard = now()
      },
      see: conversation.see,
      append(data) {
        // Not with each byte: an upstream's comments are for us, and to our readers silence.
        quietSince = now()
        attempt(
          () => log.append(data),
          (error) => {
            throw error
          },
        )
      },
    })

  async function whole(): Promise<Awaited<Running['ended']>> {
    const started = await conversation.begun
    const begun = started instanceof ApiError ? undefined : started
    if (started instanceof ApiError && !running.announced) return 'refused'
    const ended = started instanceof ApiError ? endOf(started) : await answer(started)
    log.end(ended.state, conversation.lastEvents(ended, begun), now() + keeping.kept)
    return { ...ended, begun }
  }

  const timer = setInterval(tick, FLUSH_MS)
  const running: Running = {
    log,
    readers,
    announced: false,
    ended: whole().finally(() => {
      clearInterval(timer)
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
