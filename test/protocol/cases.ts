/**
 * ONE suite for every runtime: docs/PROTOCOL.md, "Durable streams", as cases. A runtime's file gives it a way to
 * reach a Worker whose upstream is the one of plan.ts.
 */
import { Caller, type Reach } from './caller.ts'
import { answerCases } from './cases/answer.ts'
import { endingCases } from './cases/ending.ts'
import { idempotencyCases } from './cases/idempotency.ts'
import { lateCases } from './cases/late.ts'
import { refusalCases } from './cases/refusal.ts'
import { resumeCases } from './cases/resume.ts'
import { stopCases } from './cases/stop.ts'

export function protocolCases(reach: Reach): void {
  const caller = new Caller(reach)
  answerCases(caller)
  resumeCases(caller)
  stopCases(caller)
  idempotencyCases(caller)
  endingCases(caller)
  lateCases(caller)
  refusalCases(caller)
}
