/** Reads a durable stream to its end, over as many connections as it takes. */
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { createAttempts } from './attempts.ts'
import type { CallOptions } from './call.ts'
import { asChatError, clientError } from './chat-error.ts'
import { decodeEvents, type SseEvent } from './decode.ts'
import { endSilence } from './end-silence.ts'
import { environment as browser, type Environment } from './environment.ts'
import { readChunks } from './read-chunks.ts'
import { streamOf } from './refusal.ts'
import type { StreamSource } from './stream-source.ts'

export interface StreamOptions extends CallOptions {
  /**
   * Told when there is a connection, and when there is none and another will be tried. From the first `open` on, the
   * stream has its `id`.
   */
  onConnection?(connection: 'open' | 'reconnecting'): void
  /**
   * Waited for before each request: a session's `ready` (session.ts), which may take a person's time. A stop meanwhile
   * withdraws the question, and nothing is sent.
   */
  ready?(): Promise<unknown>
  /** For tests. */
  environment?: Environment
}

/** Its chunks can be iterated once. */
export interface ChatStream extends AsyncIterable<ChatChunk, void, void> {
  /** What the server calls it: known before the first chunk. `followStream` takes it up again, here or elsewhere. */
  readonly id: string | undefined
  /** The number of the last event that was read; 0 before the first. */
  readonly lastEventId: number
  /**
   * Ends the answer for all who read it. The iteration goes on to its end, a last chunk that says `stopped`. Where
   * the server has not answered yet, that is waited for; where it can't be reached, the iteration throws an `AbortError`.
   *
   * @returns when the server has stopped it
   * @throws {ChatError} where the server refuses, or can't be reached for long
   */
  stop(): Promise<void>
}

/** @param after the number of the event behind which to begin */
export function readStream(
  source: StreamSource,
  after: number,
  { signal, environment = browser, onConnection, ready }: StreamOptions,
): ChatStream {
  const withdrawn = new AbortController()
  const leave = signal ? AbortSignal.any([signal, withdrawn.signal]) : withdrawn.signal
  let last = after

  async function* read(): AsyncGenerator<ChatChunk, void, void> {
    const waiting = () => onConnection?.('reconnecting')
    const taken = source.id !== undefined
    const attempts = createAttempts({ environment, taken, signal: leave, ready, waiting })

    /** The events of one connection that had not come before. */
    async function* news(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent, void, void> {
      for await (const event of decodeEvents(endSilence(body, environment))) {
        const number = Number(event.id || Number.NaN)
        if (number <= last) continue
        if (number > last) last = number
        attempts.news()
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
          onConnection?.('open')
          if (yield* readChunks(news(body), requestId, leave)) return
          throw clientError('network', 'The connection was closed in the middle of the answer.', {
            requestId,
          })
        } catch (error) {
          leave.throwIfAborted()
          attempts.lost(asChatError(error, requestId))
        }
      }
    } finally {
      attempts.end()
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
    [Symbol.asyncIterator]: () => chunks,
    async stop() {
      if (await source.stop(environment)) return
      withdrawn.abort(new DOMException('Stopped before the server had taken the question.', 'AbortError'))
    },
  }
}
