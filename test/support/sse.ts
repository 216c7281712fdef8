/** A streamed answer as OpenAI writes it, event by event, for the upstream in tests. */
import type { Usage } from '../../worker/protocol/wire.ts'

export const DONE_EVENT = 'data: [DONE]\n\n'

export const USAGE: Usage = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 }

/** Any value as one event. */
export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

/** A chunk of a chat completion, as a value. `fields` are added to the chunk's own or replace them. */
export function chunk(delta: Record<string, unknown>, fields: Record<string, unknown> = {}) {
  return {
    id: 'chatcmpl-9',
    object: 'chat.completion.chunk',
    created: 1790000000,
    model: 'gpt-test',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...fields,
  }
}

export const role = (): string => event(chunk({ role: 'assistant', content: '' }))

export const delta = (content: string): string => event(chunk({ content }))

export const finish = (reason = 'stop'): string =>
  event(chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: reason }] }))

const usageEvent = (usage: Usage = USAGE): string => event(chunk({}, { choices: [], usage }))

/** A whole answer, one event a token: role, tokens, finish, usage if requested, `[DONE]`. */
export function answerEvents(tokens: string[], { usage = false as Usage | boolean } = {}): string[] {
  const told = usage === true ? USAGE : usage
  return [role(), ...tokens.map(delta), finish(), ...(told ? [usageEvent(told)] : []), DONE_EVENT]
}

/** `n` different tokens: `t0 `, `t1 `, … */
export const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => `t${i} `)

/** An error in the form that real upstreams send. */
export const TOOL_ERROR = {
  message: 'The tool call did not match its schema.',
  type: 'invalid_request_error',
  param: null,
  code: 'tool_use_failed',
}

/** The three forms in which an upstream reports an error in mid-stream. */
export const errorForms = {
  'a frame of its own': event({ error: TOOL_ERROR }),
  'a named event': `event: error\n${event({ error: TOOL_ERROR })}`,
  'a member of an ordinary chunk': event({ ...chunk({ content: '' }), error: TOOL_ERROR }),
}

/** An unstreamed answer, as a value. */
export function completion(content: string, fields: Record<string, unknown> = {}) {
  return {
    id: 'chatcmpl-9',
    object: 'chat.completion',
    created: 1790000000,
    model: 'gpt-test',
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
    usage: USAGE,
    ...fields,
  }
}
