import type { Host } from './host.ts'
import { unknown } from './unknown.ts'

/** It sends usage with each answer, asked or not. */
export const openrouter: Host = {
  ...unknown,
  at: /(?:^|\.)openrouter\.ai$/,
  needsKey: true,
  sendsUsage: true,
  routes: ['chat-completions', 'responses', 'embeddings', 'models'],
}
