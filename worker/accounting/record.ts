/** The log record of a request, and the one place that writes it. */
import type { EndState, UsageSource } from '../protocol/wire.ts'

/**
 * Never contains a prompt, an answer, a key or an address, so that logs can be shared. Times in
 * milliseconds.
 */
export interface RequestRecord {
  id: string
  /** The route's pattern, or `none`; never the path as it was sent. */
  route: string
  method: string
  status: number
  /** Who called: `open`, `demo`, `visitor:` and the visitor's id, or `key:` and the key's name. */
  caller?: string
  model?: string
  upstream_status?: number
  /** How often the call upstream was repeated before its first byte. */
  retries?: number
  /** From the request to the first byte of the answer. */
  first_byte_ms?: number
  total_ms: number
  /** Bytes of the answer that the caller got. */
  bytes?: number
  prompt_tokens?: number
  completion_tokens?: number
  usage_source?: UsageSource
  /** What a budget is charged, in all: with attempts that failed, and work that could not be seen. */
  charged_tokens?: number
  /** How the answer ended; absent for a request that only reads a durable stream. */
  end?: EndState
  /** The error's code, if there was an error. */
  code?: string
  /** For an unexpected error: its name and place. */
  cause?: string
}

/** A dataset of Workers Analytics Engine. */
export interface Dataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void
}

/** Writes a record to the log, and to the dataset if one is bound (`ANALYTICS`). */
export function record(line: RequestRecord, dataset?: Dataset): void {
  console.log(JSON.stringify(line))
  // Queries depend on the order: docs/PROTOCOL.md.
  dataset?.writeDataPoint({
    indexes: [line.caller ?? 'none'],
    blobs: [line.route, line.model ?? '', line.end ?? '', line.usage_source ?? '', line.code ?? '', line.id],
    doubles: [
      line.status,
      line.first_byte_ms ?? 0,
      line.total_ms,
      line.bytes ?? 0,
      line.prompt_tokens ?? 0,
      line.completion_tokens ?? 0,
      line.retries ?? 0,
      line.charged_tokens ?? 0,
    ],
  })
}
