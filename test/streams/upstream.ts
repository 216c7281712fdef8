/** An upstream in the test's hand: what it says, when, and how it ends. */

import { createClosing } from '../../worker/answer/closing.ts'
import type { UsageCount } from '../../worker/answer/usage.ts'
import { ApiError } from '../../worker/errors.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import type { Usage } from '../../worker/protocol/wire.ts'
import type { Begun, Conversation } from '../../worker/streams/running.ts'

export interface TestUpstream {
  /** What the code under test holds of it. */
  readonly conversation: Conversation
  /** Says this; the first time it is the answer's beginning. */
  say(words: string | Uint8Array): void
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

/** A count that counts events, in place of tokens. */
function countEvents(): UsageCount & { readonly usageNow: Usage } {
  let events = 0
  const usage = () => ({ prompt_tokens: 7, completion_tokens: events, total_tokens: 7 + events })
  return {
    see: () => void events++,
    usage: () => ({ usage: usage(), source: 'estimated' }),
    get usageNow() {
      return usage()
    },
  }
}

/** @param now a clock in milliseconds */
export function createTestUpstream(now: () => number = Date.now): TestUpstream {
  const asked = now()
  const call = new AbortController()
  const begun = Promise.withResolvers<Begun | ApiError>()
  const count = countEvents()
  const base = { id: 'chatcmpl-base', created: 1, model: 'gpt-test' }
  const closing = createClosing(count, base, now)
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
    conversation: {
      promptTokens: 7,
      begun: begun.promise,
      signal: call.signal,
      abort,
      stop: () => abort(new ApiError('caller_left')),
      see: closing.see,
      lastEvents: closing.events,
      tokens() {
        const { prompt_tokens, completion_tokens } = count.usageNow
        return { prompt_tokens, completion_tokens, usage_source: 'estimated' }
      },
      moderate: undefined,
      finished() {
        finished = true
      },
    },
    say(words) {
      const bytes = typeof words === 'string' ? toBytes(words) : words
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
