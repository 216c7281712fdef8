/** The names that are read of a request of the Responses API, at its top level and in its input. */
import type { Spelling } from '../spelling.ts'

/** In `tools`, `metadata` and the like, names are the caller's own. */
export const SPELLING: Spelling = {
  names: new Set([
    ...[
      'model',
      'input',
      'instructions',
      'stream',
      'stream_options',
      'include_timing',
      'include_suggestions',
    ],
    ...['max_output_tokens', 'max_tool_calls', 'tools', 'text', 'prompt'],
    ...['previous_response_id', 'conversation', 'background', 'store'],
    ...['type', 'role', 'content', 'id', 'call_id', 'name', 'arguments', 'output', 'summary', 'refusal'],
    ...['image_url', 'detail', 'file_id', 'file_url', 'file_data', 'input_audio', 'data', 'format', 'result'],
  ]),
  within: ['stream_options', 'input'],
}
