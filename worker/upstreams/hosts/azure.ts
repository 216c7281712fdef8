import type { Host } from './host.ts'
import { openai } from './openai.ts'

/**
 * Azure's v1 API, `https://RESOURCE.openai.azure.com/openai/v1`: OpenAI's models, each under its deployment's
 * name. Its keys have a header of their own: a Bearer token is Entra's. It has no moderations; its filters
 * judge each call.
 */
export const azure: Host = {
  ...openai,
  at: /(?:^|\.)azure\.com$/,
  keyHeader: ['api-key', ''],
  routes: openai.routes.filter((route) => route !== 'moderations'),
}
