/** Who moderates: the moderation API, or the demo's own moderation where there is none. */
import type { Judge } from '../moderation/judge.ts'
import { demoJudge } from './demo-judge.ts'
import { type ModerationApi, moderations } from './moderations.ts'

/** Create one for all calls of an isolate. */
export function chooseJudge(api: ModerationApi | undefined): Judge {
  return api === undefined ? demoJudge : moderations(api)
}
