import type { Host } from './host.ts'
import { unknown } from './unknown.ts'

/** For it `max_tokens` is the old name. */
export const groq: Host = {
  ...unknown,
  at: /(?:^|\.)groq\.com$/,
  needsKey: true,
  outputBoundField: 'max_completion_tokens',
  sendsUsage: true,
  routes: ['chat-completions', 'responses', 'transcriptions', 'models'],
}
