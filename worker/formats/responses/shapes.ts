/** What the members of a request of the Responses API must be, wherever they are read here. */
import { MAX_INPUT_ITEMS, MAX_LIST_ITEMS, MAX_NAME_CHARS } from '../../limits.ts'
import {
  anObject,
  anyText,
  either,
  is,
  list,
  map,
  model,
  name,
  number,
  object,
  text,
  yesOrNo,
} from '../shape.ts'

const from = (least: number, right: string) =>
  is(right, (it) => typeof it === 'number' && Number.isSafeInteger(it) && it >= least)

const parts = either('text, or a list of parts', anyText, list(anObject))

const ITEM = object({
  type: name,
  id: text(MAX_NAME_CHARS),
  role: name,
  content: parts,
  summary: list(anObject),
  call_id: text(MAX_NAME_CHARS),
  name,
  tools: list(anObject),
})

export const INPUT = either('text, or a list of items', anyText, list(ITEM, MAX_INPUT_ITEMS))

/** What is read of every request. */
export const REQUEST = object({
  model,
  input: INPUT,
  instructions: anyText,
  stream: yesOrNo,
  stream_options: object({ include_timing: yesOrNo, include_suggestions: yesOrNo }),
  max_output_tokens: from(1, 'a whole number above 0'),
  max_tool_calls: from(0, 'a whole number'),
  tools: list(object({ type: name, name })),
  text: object({ format: object({ name }) }),
  previous_response_id: name,
  conversation: either('an id, or an object with one', name, object({ id: name })),
  prompt: object({ id: name }),
  prompt_cache_options: object({ comparison_response_id: name }),
  background: yesOrNo,
  store: yesOrNo,
})

/**
 * What is read of a visitor's request beside that, whose fields all pass through here. Fields of
 * `VISITOR_FIELDS` that aren't named are the upstream's to check.
 * Source of the bounds: OpenAI's reference of the Responses API.
 */
export const VISITOR_REQUEST = object({
  temperature: number,
  top_p: number,
  tools: list(anObject, 128),
  tool_choice: either('a word or an object', name, anObject),
  parallel_tool_calls: yesOrNo,
  include: list(name, 16),
  reasoning: object({ effort: name, summary: name }),
  text: object({ verbosity: name }),
  metadata: map(text(512), 16, 64),
  top_logprobs: from(0, 'a whole number'),
  truncation: name,
  user: text(MAX_NAME_CHARS),
  safety_identifier: text(MAX_NAME_CHARS),
  prompt_cache_key: text(MAX_NAME_CHARS),
  service_tier: name,
  context_management: list(anObject, MAX_LIST_ITEMS),
})
