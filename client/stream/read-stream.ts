/** Reads a durable stream to its end, over as many connections as it takes. */
import { createAttempts } from './attempts.ts'
import type { CallOptions } from './call.ts'
import { asChatError, clientError } from './chat-error.ts'
import { decodeEvents, type SseEvent } from './decode.ts'
import { endSilence } from './end-silence.ts'
import { environment as browser, type Environment } from './environment.ts'
import { readChunks } from './read-chunks.ts'
import { streamOf } from './refusal.ts'
import type { AnswerChunk } from './stream-format.ts'
import type { StreamSource } from './stream-source.ts'
import { createUnjudged } from './unjudged.ts'

export interface StreamOptions extends CallOptions {
  /**
   * Called when a connection opens, and when it is lost and another will be tried. From the first `open` on,
   * the stream has its `id`.
   */
  onConnection?(connection: 'open' | 'reconnecting'): void
  /**
   * Awaited before each request: a session's `ready` (session.ts), which may wait for a person. A stop
   * meanwhile withdraws the question, and no request is sent.
   */
  ready?(): Promise<unknown>
  /** For tests. */
  environment?: Environment
}

/** Its chunks can be iterated once. */
export interface ChatStream extends AsyncIterable<AnswerChunk, void, void> {
  /**
   * The stream's id at the server, known before the first chunk. `followStream` can continue the stream by
   * it, here or elsewhere.
   */
  readonly id: string | undefined
  /** The number of the last event that was read; 0 before the first. */
  readonly lastEventId: number
  /**
   * What moderation may still take back of the chunks so far: how many UTF-16 code units at the end of the
   * choice's content (it may have fewer), and all of its other texts. `undefined`: all has passed, as where
   * text is not shown before it is judged. Keep no text for good that has not passed.
   */
  unjudged(choice?: number): number | undefined
  /**
   * Ends the answer for all its readers. The iteration continues to its end, a last chunk with the state
   * `stopped`. If the server has not answered yet, `stop` waits for it; if the server can't be reached, the
   * iteration throws an `AbortError`.
   *
   * @returns when the server has stopped the answer
   * @throws {ChatError} if the server refuses, or can't be reached for long
   */
  stop(): Promise<void>
}

/** @param after the number of the event after which to begin */
export function readStream(
  source: StreamSource,
  after: number,
  { signal, environment = browser, onConnection, ready }: StreamOptions,
): ChatStream {
  const withdrawn = new AbortController()
  const leave = signal ? AbortSignal.any([signal, withdrawn.signal]) : withdrawn.signal
  const unjudged = createUnjudged()
  let last = after

  /** What was shown of an answer that broke off, and has not passed, is taken back. */
  async function* read(): AsyncGenerator<AnswerChunk, void, void> {
    try {
      yield* readToEnd()
    } catch (error) {
      const back = unjudged.brokeOff(error)
      if (back) yield back
      throw error
    }
  }

  async function* readToEnd(): AsyncGenerator<AnswerChunk, void, void> {
    const waiting = () => onConnection?.('reconnecting')
    const accepted = source.id !== undefined
    const attempts = createAttempts({ environment, accepted, signal: leave, ready, waiting })
    let isWhole = false

    /** The events of one connection that are new to this reader. */
    async function* newEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent, void, void> {
      for await (const event of decodeEvents(endSilence(body, environment))) {
        const number = Number(event.id || Number.NaN)
        if (number <= last) continue
        if (number > last) last = number
        attempts.newEvent()
        yield event
      }
    }

    try {
      for (;;) {
        const attempt = await attempts.next()
        let requestId: string | null = null
        try {
          const response = await source.connect(last, attempt)
          requestId = response.headers.get('x-request-id')
          const body = await streamOf(response, attempt)
          attempts.opened()
          unjudged.opened(response.headers)
          onConnection?.('open')
          isWhole = yield* readChunks(newEvents(body), source.read, requestId, leave, unjudged)
          if (isWhole) return
          throw clientError('network', 'The connection was closed in the middle of the answer.', {
            requestId,
          })
        } catch (error) {
          leave.throwIfAborted()
          attempts.lost(asChatError(error, requestId))
        }
      }
    } finally {
      attempts.end(isWhole)
    }
  }

  const chunks = read()
  return {
    get id() {
      return source.id
    },
    get lastEventId() {
      return last
    },
    unjudged: (choice = 0) => unjudged.chars(choice),
    [Symbol.asyncIterator]: () => chunks,
    async stop() {
      if (await source.stop(environment)) return
      withdrawn.abort(new DOMException('Stopped before the server had accepted the question.', 'AbortError'))
    },
  }
}
