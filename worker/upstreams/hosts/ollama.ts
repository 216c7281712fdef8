import type { Host } from './host.ts'
import { unknown } from './unknown.ts'

/** On one's own machine it needs no key, and older versions send no usage. */
export const ollama: Host = {
  ...unknown,
  at: /(?:^|\.)ollama\.com$|:11434$/,
  routes: ['chat-completions', 'responses', 'embeddings', 'transcriptions', 'models'],
}
