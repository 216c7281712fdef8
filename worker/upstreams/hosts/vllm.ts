import type { Host } from './host.ts'
import { unknown } from './unknown.ts'

/** It runs anywhere, so only the upstream's name tells it. Older versions send no usage. */
export const vllm: Host = {
  ...unknown,
  routes: ['chat-completions', 'responses', 'embeddings', 'transcriptions', 'models'],
}
