/** An upstream answers in OpenAI's wire format: a server that `fetch` reaches, or the demo. */
export interface Upstream {
  /** The host that is called, with its port: for the log. */
  readonly host: string
  /**
   * @param path of the request's format, such as `/chat/completions`
   * @param body a request as JSON. It is sent as it is, and sent whole with each retry.
   */
  ask(path: string, body: Uint8Array, signal: AbortSignal): Promise<Response>
  /** Its list of models or, with an id, that one. */
  models(signal: AbortSignal, id?: string): Promise<Response>
}
