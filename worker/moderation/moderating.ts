import type { OwnersTool } from '../formats/format.ts'
import type { Judge, Unreachable } from './judge.ts'
import type { Mode } from './moderation.ts'

/** What is moderated, in which mode, and by which judge. */
export interface Moderating {
  /** Whether questions are moderated, and whether answers are. */
  input: boolean
  output: boolean
  /** The owner's system prompt: it is in a visitor's question, and isn't judged. */
  ownersPrompt: string | undefined
  /** The same of the owner's tools. */
  ownersTools?: readonly OwnersTool[]
  mode: Mode
  unreachable: Unreachable
  judge: Judge
}
