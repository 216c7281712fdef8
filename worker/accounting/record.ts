/** The log record of a request, and the one place that writes it. */
import type { Attempted } from '../errors.ts'
import type { EndState, UsageSource } from '../protocol/wire.ts'

/**
 * Never contains a prompt, an answer, a key or an address, so that logs can be shared. Times in
 * milliseconds.
 */
export interface RequestRecord {
  /** When the request came: ISO 8601, in UTC. */
  ts: string
  id: string
  /** The route's pattern, or `none`; never the path as it was sent. */
  route: string
  method: string
  status: number
  /** Who called: `open`, `demo`, `visitor:` and the visitor's id, or `key:` and the key's name. */
  caller?: string
  /** The origin of the page that asked; `null` or `invalid` where the request has another `Origin`. */
  origin?: string
  model?: string
  upstream_status?: number
  /** The code of the upstream's error. */
  upstream_code?: string
  /** Who answered, where there are several upstreams. */
  upstream?: string
  /** How often the question was sent again before the answer began, to the same upstream or another one. */
  retries?: number
  /** The attempts that failed, in order, where there are several upstreams. */
  attempts?: readonly Attempted[]
  /** From the request to the first byte of the answer. */
  first_byte_ms?: number
  /** From the request to the first token of a streamed answer. */
  first_token_ms?: number
  total_ms: number
  /** Bytes of the answer that the caller got. */
  bytes?: number
  prompt_tokens?: number
  completion_tokens?: number
  /**
   * As the upstream says: of the prompt's tokens those that it had cached, of the answer's the hidden ones.
   */
  cached_tokens?: number
  reasoning_tokens?: number
  usage_source?: UsageSource
  /** What a budget is charged, in all: with attempts that failed, and work that could not be seen. */
  charged_tokens?: number
  /** How the answer ended; absent for a request that only reads a durable stream. */
  end?: EndState
  /** The error's code, if there was an error. */
  code?: string
  /** What is behind the error: see `Notes` (errors.ts); for an unexpected one, its name and place. */
  cause?: string
  /** The setting by which the owner mends it. */
  setting?: string
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
    blobs: [
      line.route,
      line.model ?? '',
      line.end ?? '',
      line.usage_source ?? '',
      line.code ?? '',
      line.id,
      line.origin ?? '',
      line.upstream_code ?? '',
      line.setting ?? '',
      line.upstream ?? '',
    ],
    doubles: [
      line.status,
      line.first_byte_ms ?? 0,
      line.total_ms,
      line.bytes ?? 0,
      line.prompt_tokens ?? 0,
      line.completion_tokens ?? 0,
      line.retries ?? 0,
      line.charged_tokens ?? 0,
      line.first_token_ms ?? 0,
      line.cached_tokens ?? 0,
      line.reasoning_tokens ?? 0,
    ],
  })
}
