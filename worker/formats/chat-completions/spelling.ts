/** The names that are read of a chat request, at its top level and in its messages. */
import type { Spelling } from '../spelling.ts'

/** In `tools`, `metadata` and the like, names are the caller's own. */
export const SPELLING: Spelling = {
  names: new Set([
    ...[
      'model',
      'messages',
      'stream',
      'stream_options',
      'include_usage',
      'include_timing',
      'include_suggestions',
    ],
    ...['n', 'max_tokens', 'max_completion_tokens'],
    ...['tools', 'functions', 'response_format', 'prediction'],
    ...['role', 'content', 'name', 'refusal', 'tool_calls', 'tool_call_id', 'function_call', 'audio'],
    ...['type', 'text', 'image_url', 'url', 'detail', 'input_audio', 'data', 'format', 'file', 'file_data'],
    ...['id', 'function', 'custom', 'arguments', 'input'],
  ]),
  within: ['stream_options', 'messages'],
}
