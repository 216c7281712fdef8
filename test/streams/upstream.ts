/** An upstream in the test's hand: what it says, when, and how it ends. */
import type { Chunks } from '../../worker/answer/chunks.ts'
import { createTimer } from '../../worker/answer/timing.ts'
import { createUsageCount } from '../../worker/answer/usage.ts'
import { ApiError } from '../../worker/errors.ts'
import type { AnswerFormat, AnswerReader } from '../../worker/formats/answer-format.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import type { StartedAnswer, UpstreamRun } from '../../worker/streams/upstream-run.ts'
import { errorInStream } from '../../worker/upstreams/refusal.ts'
import { asker } from '../support/an-upstream.ts'
import { words } from '../support/words.ts'

export interface TestUpstream {
  /** What the code under test holds of it. */
  readonly run: UpstreamRun
  /** Says this; the first time it is the answer's beginning. */
  say(said: string | Uint8Array): void
  /** Ends what it says, cleanly. */
  end(): void
  /** The connection breaks. */
  breakOff(): void
  /** Refuses the call before its first byte. */
  refuse(error: ApiError): void
  /** Why the call was aborted; `undefined` while it goes on. */
  readonly aborted: ApiError | undefined
  /** Whether the other side reads no more. */
  readonly left: boolean
  /** Whether its call was declared over, and with it the call's deadlines. */
  readonly finished: boolean
}

/** What began, chunk by chunk as it is said. */
function chunksOf({ first, rest }: StartedAnswer): Chunks {
  const reader = rest.getReader()
  let begun = false
  return {
    async read() {
      if (begun) return (await reader.read()).value
      begun = true
      return first
    },
    hurry() {},
    cancel: () => void reader.cancel().catch(() => {}),
  }
}

const CHAT = { format: chatCompletions, newReader: () => chatCompletions.reader('gpt-test') }

/** @param now a clock in milliseconds */
export function createTestUpstream(
  now: () => number = Date.now,
  { format, newReader }: { format: AnswerFormat; newReader(): AnswerReader } = CHAT,
): TestUpstream {
  const asked = now()
  const call = new AbortController()
  const begun = Promise.withResolvers<StartedAnswer | ApiError>()
  const usage = createUsageCount(() => 7, words)
  const timer = createTimer(now)
  let controller!: ReadableStreamDefaultController<Uint8Array>
  let hasBegun = false
  let over = false
  let left = false
  let finished = false
  const rest = new ReadableStream<Uint8Array>({
    start(its) {
      controller = its
    },
    cancel() {
      left = true
      over = true
    },
  })

  function abort(reason: ApiError): void {
    call.abort(reason)
    // As `fetch` does.
    begun.resolve(call.signal.reason)
    if (!over) controller.error(call.signal.reason)
    over = true
  }

  return {
    run: {
      upstreamEnd: undefined,
      format,
      reader: newReader(),
      promptTokens: 7,
      begun: begun.promise,
      signal: call.signal,
      abort,
      stop: () => abort(new ApiError('caller_left')),
      usage,
      timer,
      notes: { retries: 0 },
      observers: [usage, timer],
      chunksOf,
      moderate: undefined,
      errorOf: (wire) => errorInStream(wire, asker),
      onUpstreamEnd() {},
      charged: () => undefined,
      finished() {
        finished = true
      },
    },
    say(said) {
      const bytes = typeof said === 'string' ? toBytes(said) : said
      if (hasBegun) {
        if (!over) controller.enqueue(bytes)
        return
      }
      hasBegun = true
      const headers = { 'x-request-id': 'req_upstream' }
      begun.resolve({ first: bytes, rest, asked, firstByte: now(), status: 200, headers })
    },
    end() {
      if (!over) controller.close()
      over = true
    },
    breakOff() {
      if (!over) controller.error(new TypeError('Network connection lost.'))
      over = true
    },
    refuse: begun.resolve,
    get aborted() {
      return call.signal.aborted ? call.signal.reason : undefined
    },
    get left() {
      return left
    },
    get finished() {
      return finished
    },
  }
}
