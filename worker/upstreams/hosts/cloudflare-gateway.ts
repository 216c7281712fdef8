import type { Host } from './host.ts'
import { openai } from './openai.ts'

/**
 * Cloudflare's AI Gateway, `https://gateway.ai.cloudflare.com/v1/ACCOUNT/GATEWAY/openai`, or `/compat`. The
 * key is the gateway's; those of the providers are stored with it, or it bills for them.
 */
export const cloudflareGateway: Host = {
  ...openai,
  at: /^gateway\.ai\.cloudflare\.com$/,
  keyHeader: ['cf-aig-authorization', 'Bearer '],
}
