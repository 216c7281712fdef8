import type { Judge, Unreachable } from './judge.ts'
import type { Mode } from './moderation.ts'

/** What is moderated, how, and by whom. */
export interface Moderating {
  /** Whether questions are, and answers. */
  input: boolean
  output: boolean
  mode: Mode
  unreachable: Unreachable
  judge: Judge
}
