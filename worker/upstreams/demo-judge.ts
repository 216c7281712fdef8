/**
 * The demo's moderation, so that it can be tried without a key: what has the mark in it is flagged, and nothing else is. No model
 * reads the text, as none reads the question. To `[flag the answer]` the demo's answer has the mark (demo.ts).
 */
import type { Judge } from '../moderation/judge.ts'

export const FLAG = '[flagged]'

export const demoJudge: Judge = async (texts) =>
  texts.some((text) => text.toLowerCase().includes(FLAG))
    ? { kind: 'flagged', categories: ['demo'] }
    : { kind: 'passed' }
