import type { Judge, Unreachable } from './judge.ts'
import type { Mode } from './moderation.ts'

/** What is moderated, in which mode, and by which judge. */
export interface Moderating {
  /** Whether questions are moderated, and whether answers are. */
  input: boolean
  output: boolean
  mode: Mode
  unreachable: Unreachable
  judge: Judge
}
