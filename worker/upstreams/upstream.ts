export interface UpstreamCall {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: Uint8Array | undefined
}

/** An upstream answers in OpenAI's wire format: a server that `fetch` reaches, or the demo. */
export interface Upstream {
  /** The host that is called, with its port: for the log. */
  readonly host: string
  /**
   * @param path of the request's format, such as `/chat/completions`
   * @param body a request as JSON. It is sent as it is, and sent whole with each retry.
   */
  ask(path: string, body: Uint8Array, signal: AbortSignal): Promise<Response>
  /** Any other call, answered in JSON. `path`: below the base address, with its query. */
  call(request: UpstreamCall, signal: AbortSignal): Promise<Response>
}

/** The upstream's list of models or, with an id, that model. */
export const modelsPath = (id?: string): string =>
  // Encoded, so that an id with slashes or dots can't name another path of the upstream's.
  id === undefined ? '/models' : `/models/${encodeURIComponent(id)}`
