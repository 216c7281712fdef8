import type { Upstreams as Known, KnownUpstream } from '../config/upstreams.ts'
import type { Rests } from './rest.ts'

export interface UpstreamCall {
  method: 'GET' | 'POST' | 'DELETE'
  /** Below the base address, with its query. */
  path: string
  /** Sent as it is, and sent whole with each attempt. */
  body?: Uint8Array | undefined
  /** Of the body; JSON unless it says otherwise. */
  contentType?: string | undefined
}

/** An upstream speaks OpenAI's wire format: a server that `fetch` reaches, or the demo. */
export interface Upstream extends KnownUpstream {
  /** The host that is called, with its port: for the log. */
  readonly host: string
  call(request: UpstreamCall, signal: AbortSignal): Promise<Response>
}

/** All that may be asked, and which of them rest. */
export interface Upstreams extends Known<Upstream> {
  readonly rests: Rests
}

/** The upstream's list of models or, with an id, that model. */
export const modelsPath = (id?: string): string =>
  // Encoded, so that an id with slashes or dots can't name another path of the upstream's.
  id === undefined ? '/models' : `/models/${encodeURIComponent(id)}`
