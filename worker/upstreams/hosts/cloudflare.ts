import type { Host } from './host.ts'
import { unknown } from './unknown.ts'

/**
 * Cloudflare's REST API, `https://api.cloudflare.com/client/v4/accounts/ACCOUNT/ai/v1`: Workers AI's models
 * (`@cf/…`), which read `max_tokens`, and others' (`openai/…`). Some of the first send no usage.
 */
export const cloudflare: Host = {
  ...unknown,
  at: /^api\.cloudflare\.com$/,
  needsKey: true,
  routes: ['chat-completions', 'responses', 'embeddings'],
}
