/** What `npm run bench:cost` measured. The file is data: nothing in it is typed by hand. */
import { readFileSync } from 'node:fs'
import { ROOT } from '../bundle.ts'

/** A call without a budget; with a budget and every limit; and one whose answer is kept, with the same. */
export const KINDS = ['relayed', 'guarded', 'durable'] as const
export type Kind = (typeof KINDS)[number]
/** Tokens of the answers that are measured. */
export const LENGTHS = [100, 500, 4000] as const

/** What is billed for, and measured once for a call. */
export interface Work {
  /** CPU time in JavaScript, with what it calls of the runtime, in milliseconds: by V8's sampling profile. */
  jsMs: number
  /** CPU time of the whole process, in milliseconds. A deployment's share of it is not billed. */
  processMs: number
  /** Requests to Durable Objects, with alarms. */
  objectRequests: number
  /** Rows written, with indexes, deletions and alarms. */
  rows: number
}

export interface Measured {
  machine: { date: string; cores: number; cpu: string; node: string; workerd: string }
  answers: { kind: Kind; tokens: number; work: Work }[]
  /** The same answers through Portkey's gateway, a Node server: CPU time of its process. */
  portkey: { tokens: number; processMs: number }[]
  /** A visitor's first call: the session, and the first object of theirs. */
  session: Work
}

export const MEASURED_FILE = `${ROOT}scripts/cost/measured.json`

export const readMeasured = (): Measured => JSON.parse(readFileSync(MEASURED_FILE, 'utf8'))
