/** A ticket that notes what it is settled at. */
import type { Admission } from '../../worker/admission/ticket.ts'

export interface TestAdmission extends Admission {
  /** What `settle` was called with, each time. */
  settled: (number | undefined)[]
}

export function admitted(id = `req_${crypto.randomUUID()}`): TestAdmission {
  const settled: (number | undefined)[] = []
  const settle = async (used: number | undefined) => {
    settled.push(used)
  }
  return { ticket: { id, outputBound: undefined, settle }, state: undefined, settled }
}
