/** The account of a request, and the one place from which it goes out. */
import type { EndState, UsageSource } from '../protocol/wire.ts'

/** Never a prompt, an answer, a key or an address: whoever reads logs may read this. Times in milliseconds. */
export interface RequestRecord {
  id: string
  /** The route's pattern, or `none`: never the path as it was sent. */
  route: string
  method: string
  status: number
  /** Who called: `open`, `demo`, or `key:` and the key's name. */
  caller?: string
  model?: string
  upstream_status?: number
  /** How often the upstream was asked again before its first byte. */
  retries?: number
  /** From the request to the first byte of its answer. */
  first_byte_ms?: number
  total_ms: number
  /** Of the answer, as the caller had it. */
  bytes?: number
  prompt_tokens?: number
  completion_tokens?: number
  usage_source?: UsageSource
  /** How the answer ended; a request that only reads a durable stream has none. */
  end?: EndState
  /** The error's code, where there was one. */
  code?: string
  /** Of an error nobody foresaw: its name and place. */
  cause?: string
}

/** A dataset of Workers Analytics Engine. */
export interface Dataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void
}

/** Where an account goes: the log, and the dataset where one is bound (`ANALYTICS`). */
export function record(line: RequestRecord, dataset?: Dataset): void {
  console.log(JSON.stringify(line))
  // The order is the contract of whoever queries it: docs/PROTOCOL.md.
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
    ],
  })
}
