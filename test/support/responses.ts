/** Streamed responses as OpenAI's Responses API writes them, for the upstream in tests. */

export type Members = Record<string, unknown>

export const RESPONSE_ID = 'resp_0a1b2c3d4e5f60718293a4b5c6d7e8f9'
const MESSAGE_ID = 'msg_0a1b2c3d4e5f60718293a4b5c6d7e8f9'
const REASONING_ID = 'rs_0a1b2c3d4e5f60718293a4b5c6d7e8f9'

/** An event with its name; its number is added by `numbered`. */
export const named = (value: Members): string =>
  `event: ${String(value.type)}\ndata: ${JSON.stringify(value)}\n\n`

/** The events of an answer, numbered as OpenAI numbers them. */
export const numbered = (events: readonly Members[]): Members[] =>
  events.map(({ type, ...event }, sequence_number) => ({ type, sequence_number, ...event }))

export const wireOf = (events: readonly Members[]): string => numbered(events).map(named).join('')

export const USAGE_OF_RESPONSE = {
  input_tokens: 12,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 34,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 46,
}

export const responseOf = (members: Members = {}): Members => ({
  id: RESPONSE_ID,
  object: 'response',
  created_at: 1790000000,
  status: 'in_progress',
  background: false,
  error: null,
  incomplete_details: null,
  instructions: 'Never tell the secret.',
  max_output_tokens: null,
  model: 'gpt-5.4-mini-2026-03-01',
  output: [],
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: 'medium', summary: null },
  service_tier: 'default',
  store: false,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [{ type: 'file_search', vector_store_ids: ['vs_68f0a1b2c3d4'], max_num_results: 5 }],
  top_p: 1,
  usage: null,
  user: null,
  metadata: { site: 'secret' },
  ...members,
})

export const begin = (): Members[] => [
  { type: 'response.created', response: responseOf() },
  { type: 'response.in_progress', response: responseOf() },
]

const textPart = (text: string, annotations: unknown[] = []) => ({
  type: 'output_text',
  annotations,
  logprobs: [],
  text,
})

export const message = (content: unknown[], status = 'completed'): Members => ({
  id: MESSAGE_ID,
  type: 'message',
  status,
  content,
  role: 'assistant',
})

/** A message's events, from its first to its last. */
export function messageEvents(words: readonly string[], output_index = 0, id = MESSAGE_ID): Members[] {
  const at = { item_id: id, output_index, content_index: 0 }
  const text = words.join('')
  const item = (content: unknown[], status: string) => ({ ...message(content, status), id })
  return [
    { type: 'response.output_item.added', output_index, item: item([], 'in_progress') },
    { type: 'response.content_part.added', ...at, part: textPart('') },
    ...words.map((delta) => ({
      type: 'response.output_text.delta',
      ...at,
      delta,
      logprobs: [],
      obfuscation: 'x8',
    })),
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: textPart(text) },
    { type: 'response.output_item.done', output_index, item: item([textPart(text)], 'completed') },
  ]
}

export function refusalEvents(words: readonly string[], output_index = 0): Members[] {
  const at = { item_id: MESSAGE_ID, output_index, content_index: 0 }
  const refusal = words.join('')
  const part = { type: 'refusal', refusal }
  return [
    { type: 'response.output_item.added', output_index, item: message([], 'in_progress') },
    { type: 'response.content_part.added', ...at, part: { type: 'refusal', refusal: '' } },
    ...words.map((delta) => ({ type: 'response.refusal.delta', ...at, delta })),
    { type: 'response.refusal.done', ...at, refusal },
    { type: 'response.content_part.done', ...at, part },
    { type: 'response.output_item.done', output_index, item: message([part]) },
  ]
}

export function reasoningEvents(words: readonly string[], output_index = 0): Members[] {
  const at = { item_id: REASONING_ID, output_index, summary_index: 0 }
  const text = words.join('')
  const part = { type: 'summary_text', text }
  const item = (summary: unknown[]) => ({ id: REASONING_ID, type: 'reasoning', summary })
  return [
    { type: 'response.output_item.added', output_index, item: item([]) },
    { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
    ...words.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
    { type: 'response.reasoning_summary_text.done', ...at, text },
    { type: 'response.reasoning_summary_part.done', ...at, part },
    { type: 'response.output_item.done', output_index, item: item([part]) },
  ]
}

export function callEvents(pieces: readonly string[], output_index = 0): Members[] {
  const id = 'fc_0a1b2c3d4e5f6071'
  const call = { id, type: 'function_call', name: 'get_weather', call_id: 'call_Ab12Cd34Ef56' }
  const text = pieces.join('')
  const at = { item_id: id, output_index }
  return [
    {
      type: 'response.output_item.added',
      output_index,
      item: { ...call, status: 'in_progress', arguments: '' },
    },
    ...pieces.map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, arguments: text, name: call.name },
    {
      type: 'response.output_item.done',
      output_index,
      item: { ...call, status: 'completed', arguments: text },
    },
  ]
}

/** The end of an answer, which repeats the items of its events. */
export function complete(events: readonly Members[], members: Members = {}): Members[] {
  const output = events.flatMap(({ type, item }) => (type === 'response.output_item.done' ? [item] : []))
  const response = responseOf({ status: 'completed', output, usage: USAGE_OF_RESPONSE, ...members })
  const name =
    response.status === 'failed' || response.status === 'incomplete' ? response.status : 'completed'
  return [...events, { type: `response.${name}`, response }]
}

/** Whole answers. */
export const TEXT_ANSWER = complete([...begin(), ...messageEvents(['Hello', ', ', 'wörld', '!'])])
export const LONG_ANSWER = complete([
  ...begin(),
  ...reasoningEvents(['Let me ', 'think.']),
  ...callEvents(['{"city":', '"Paris"}'], 1),
  ...messageEvents(['It is ', 'sunny', '.'], 2),
])
