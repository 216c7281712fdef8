/**
 * Writes an upstream's answer into a log, event by event, to its end. In one loop and without streams between: this
 * runs for every chunk.
 */
import { ApiError } from '../errors.ts'
import { type AnswerEvent, readEvent } from '../formats/chat-completions/read-event.ts'
import type { Withheld } from '../moderation/moderation.ts'
import { createEventReader, type SseEvent } from '../protocol/decode.ts'
import type { EndState } from '../protocol/wire.ts'
import { cleaned } from '../upstreams/refusal.ts'

interface Source {
  first: Uint8Array
  rest: ReadableStream<Uint8Array>
  /** Of the upstream's call; where it is aborted, its reason says why. */
  signal: AbortSignal
  /** Told of each chunk of bytes. */
  onBytes(): void
  /** Looks at each event. @returns whether it is one for the readers */
  see(read: AnswerEvent): boolean
  /** Takes an event for the readers. @returns when there is room for more, where that isn't at once */
  append(data: string): Promise<void> | undefined
}

export interface Ended {
  state: EndState
  /** Where it didn't end well. */
  error?: ApiError
  /** Where it was moderated, or stopped before all had passed: what is said in place of the rest, and how much of what was shown is taken back. */
  withheld?: Pick<Withheld, 'finish' | 'retract'>
}

/** Never rejects for what the upstream does: that is an end. */
export async function transcribe(source: Source): Promise<Ended> {
  const { first, rest, signal, onBytes } = source
  const events = createEventReader()
  const reader = rest.getReader()
  try {
    let bytes: Uint8Array | undefined = first
    while (bytes !== undefined) {
      onBytes()
      for (const event of events.push(bytes)) {
        const taken = take(event, source)
        if (taken instanceof Promise) await taken
        else if (taken !== undefined) return taken
      }
      const { done, value } = await reader.read()
      bytes = done ? undefined : value
    }
    const cut = events.rest()
    // `[DONE]` without its blank line: the answer is whole, its framing isn't.
    if (cut !== undefined && readEvent(cut).kind === 'done') return { state: 'done' }
    return endOf(new ApiError('upstream_truncated'))
  } catch (error) {
    if (signal.aborted) return endOf(signal.reason)
    return endOf(error instanceof ApiError ? error : new ApiError('upstream_truncated', { cause: error }))
  } finally {
    reader.cancel().catch(() => {}) // What has ended or broken already has nothing to cancel.
  }
}

function take(event: SseEvent, { see, append }: Source): Ended | undefined | Promise<void> {
  const read = readEvent(event)
  if (read.kind === 'done') return { state: 'done' }
  if (read.kind === 'error') return endOf(new ApiError('upstream_error', { wire: cleaned(read.error) }))
  if (read.kind === 'garbage') return endOf(new ApiError('upstream_invalid'))
  return see(read) ? append(event.data) || undefined : undefined
}

/** How a stream ends for which this is the reason. */
export function endOf(reason: unknown): Ended {
  const error = reason instanceof ApiError ? reason : new ApiError('internal_error', { cause: reason })
  if (error.code === 'caller_left') return { state: 'stopped' }
  if (error.code === 'budget_reached') return { state: 'budget' }
  if (error.code === 'content_filter') return { state: 'moderated', error }
  return { state: error.code === 'upstream_truncated' ? 'truncated' : 'failed', error }
}
