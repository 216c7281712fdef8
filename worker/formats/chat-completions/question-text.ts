/** What a chat request says, for moderation. */
import { questionTexts, type Vocabulary } from '../question-text.ts'
import type { ChatRequest } from './wire.ts'

/** @param ownersPrompt the system prompt that the owner has put before the messages */
export function chatTexts(request: ChatRequest, ownersPrompt: string | undefined): string[] {
  // The model's name is the Worker's to read, not the model's.
  const { messages, model: _, ...others } = request
  const own = messages.filter(({ role, content }) => role !== 'system' || content !== ownersPrompt)
  return questionTexts(
    [
      ['messages', own],
      ['', others],
    ],
    VOCABULARY,
  )
}

const VOCABULARY: Vocabulary = {
  words: new Set(
    `stream stream_options include_usage include_obfuscation include_timing temperature top_p presence_penalty
    frequency_penalty stop seed max_tokens max_completion_tokens n user metadata logit_bias logprobs top_logprobs
    reasoning_effort service_tier store verbosity modalities prediction response_format parallel_tool_calls
    tool_choice tools functions function_call prompt_cache_key safety_identifier web_search_options
    role system developer assistant tool content text refusal name audio tool_calls tool_call_id id function
    custom arguments input image_url url detail input_audio data format file file_data file_id filename voice
    type description parameters strict grammar definition syntax json_object json_schema schema object string
    number integer boolean array null properties required items enum additionalProperties default
    auto none minimal low medium high flex priority wav mp3`.split(/\s+/),
  ),
  enumerated: new Set(
    'role type detail format modalities reasoning_effort service_tier verbosity tool_choice'.split(' '),
  ),
  namedByCaller: new Set(['properties', 'metadata']),
  files: new Set(['image_url', 'input_audio', 'file']),
  fileFields: new Set(['image_url', 'url', 'data', 'file_data']),
}
