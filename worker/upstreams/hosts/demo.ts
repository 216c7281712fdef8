import type { Host } from './host.ts'
import { openai } from './openai.ts'

/** The demo has answers to questions, and nothing else. */
export const demo: Host = { ...openai, routes: ['chat-completions', 'responses', 'models', 'moderations'] }
