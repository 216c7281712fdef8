/** What the members of a chat request must be, wherever they are read here. */
import { MAX_LIST_ITEMS, MAX_NAME_CHARS } from '../../limits.ts'
import {
  anObject,
  anyText,
  either,
  list,
  map,
  model,
  name,
  number,
  object,
  text,
  wholeNumber,
  yesOrNo,
} from '../shape.ts'

const named = object({ name })
const call = object({ function: named, custom: named })

const MESSAGE = object({
  content: either('text, or a list of parts', anyText, list(anObject)),
  name,
  tool_calls: list(call),
  function_call: named,
})

/**
 * What is read of every request. `messages` themselves are checked in request.ts, with codes of their own.
 */
export const REQUEST = object({
  model,
  messages: list(MESSAGE),
  stream: yesOrNo,
  stream_options: object({ include_usage: yesOrNo, include_timing: yesOrNo, include_suggestions: yesOrNo }),
  tools: list(call),
  functions: list(named),
  response_format: object({ json_schema: named }),
  prediction: object({ content: either('text, or a list of parts', anyText, list(anObject)) }),
})

/**
 * What is read of a visitor's request beside that, whose fields all pass through here. Fields of
 * `VISITOR_FIELDS` that aren't named are the upstream's to check.
 * Source of the bounds: OpenAI's chat completions reference. It has none for the length of a stop sequence.
 */
export const VISITOR_REQUEST = object({
  temperature: number,
  top_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  seed: wholeNumber,
  stop: either('text, or a list of at most 4', text(MAX_NAME_CHARS), list(text(MAX_NAME_CHARS), 4)),
  messages: list(object({ tool_call_id: name })),
  tools: list(anObject, 128),
  functions: list(anObject, 128),
  tool_choice: either('a word or an object', name, object({ function: named, custom: named })),
  function_call: either('a word or an object', name, named),
  parallel_tool_calls: yesOrNo,
  logit_bias: map(number, MAX_LIST_ITEMS, 16),
  logprobs: yesOrNo,
  top_logprobs: wholeNumber,
  metadata: map(text(512), 16, 64),
  modalities: list(name, 8),
  user: text(MAX_NAME_CHARS),
  safety_identifier: text(MAX_NAME_CHARS),
  prompt_cache_key: text(MAX_NAME_CHARS),
  reasoning_effort: name,
  verbosity: name,
  service_tier: name,
  store: yesOrNo,
})
