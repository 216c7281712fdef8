/**
 * The demo's moderation, so that moderation can be tried without a key. It flags text with the mark in it and
 * nothing else: no model reads the text. The demo's answer to `[flag the answer]` has the mark (demo.ts).
 */
import type { Judge } from '../moderation/judge.ts'

export const FLAG = '[flagged]'

export const demoJudge: Judge = async (texts) =>
  texts.some((text) => text.toLowerCase().includes(FLAG))
    ? { kind: 'flagged', categories: ['demo'] }
    : { kind: 'passed' }
