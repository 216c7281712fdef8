import type { Host } from './host.ts'

/**
 * Any server that speaks OpenAI's format. It may have each route, and need no key. `max_tokens` is the field
 * that all of them read, and whether it sends usage isn't known.
 */
export const unknown: Host = {
  keyHeader: ['authorization', 'Bearer '],
  needsKey: false,
  outputBoundField: 'max_tokens',
  takesStreamOptions: true,
  sendsUsage: false,
  routes: [
    'chat-completions',
    'responses',
    'embeddings',
    'transcriptions',
    'images',
    'models',
    'moderations',
  ],
}
