import type { Host } from './host.ts'
import { unknown } from './unknown.ts'

/**
 * [wire] 422 `extra_forbidden` for `stream_options` and for `max_completion_tokens`. The last chunk of each
 * answer has its usage.
 */
export const mistral: Host = {
  ...unknown,
  at: /(?:^|\.)mistral\.ai$/,
  needsKey: true,
  takesStreamOptions: false,
  sendsUsage: true,
  routes: ['chat-completions', 'embeddings', 'transcriptions', 'models'],
}
