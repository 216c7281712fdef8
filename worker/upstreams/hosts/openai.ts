import type { Host } from './host.ts'
import { unknown } from './unknown.ts'

/** The format's own. Its reasoning models refuse `max_tokens`. */
export const openai: Host = {
  ...unknown,
  at: /(?:^|\.)openai\.com$/,
  needsKey: true,
  outputBoundField: 'max_completion_tokens',
  sendsUsage: true,
}
