/** The account of a request, and the one place it goes: a line of JSON in the log. */
import type { EndState, UsageSource } from '../wire.ts'

/** What a call used, and where the count came from. */
export interface Tokens {
  prompt_tokens: number
  completion_tokens: number
  usage_source: UsageSource
}

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
  first_byte_ms: number
  total_ms: number
  /** Of the answer, as the caller had it. */
  bytes?: number
  prompt_tokens?: number
  completion_tokens?: number
  usage_source?: UsageSource
  end: EndState
  /** The error's code, where there was one. */
  code?: string
  /** Of an error nobody foresaw: its name and place. */
  cause?: string
}

export function record(line: RequestRecord): void {
  console.log(JSON.stringify(line))
}
