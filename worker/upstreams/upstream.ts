/** What an upstream is: someone who answers in OpenAI's wire format. `fetch` to OpenAI is one, the demo another. */
export interface Upstream {
  /** @param body a chat completion request as JSON; sent as it is, and whole again with each call. */
  chat(body: Uint8Array, signal: AbortSignal): Promise<Response>
  /** Its list of models or, with an id, that one. */
  models(signal: AbortSignal, id?: string): Promise<Response>
}
