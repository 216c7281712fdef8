/** How long an object works on what, from the bench; and what the platform allows. */
import { existsSync, readFileSync } from 'node:fs'
import type { Results } from '../../test/bench/results.ts'
import { ROOT } from '../bundle.ts'
import { MEASURED_FILE, readMeasured } from '../cost/measured.ts'

/** Of one object. [doc] Cloudflare, "Durable Objects: Limits". */
export const PLATFORM = {
  requestsPerSecond: 1000,
  memoryMb: 128,
  storageGb: 10,
} as const

/** The least time that a request takes, so that an object serves no more than the platform says. */
const REQUEST_MS = 1000 / PLATFORM.requestsPerSecond

export interface WorkTimes {
  /** A message to the total's object, and a request to an address's. */
  message: number
  /** To start an object that wasn't there, and make its tables. */
  cold: number
  /** The begin and the end of an answer. */
  answer: number
  token: number
  /** An event that is read again. */
  replayed: number
  /** KB of memory that an open answer takes. */
  streamKb: number
}

/**
 * CPU time of the whole process, the Worker's part and the network's included: an upper bound of what the object
 * itself works.
 */
export function readWorkTimes(): WorkTimes {
  const { rows } = JSON.parse(readFileSync(`${ROOT}test/bench/results.json`, 'utf8')) as Results
  function figure(name: string, contestant: 'relay' | 'guarded' | 'durable'): number {
    const found = rows.find((row) => row.name === name)?.figures[contestant]
    if (found === undefined) throw new Error(`test/bench/results.json has no “${name}” of ${contestant}.`)
    return found
  }
  const ends = 'CPU for the start and the end of an answer'
  const first = 'first token of a caller’s first question, object'
  const cold = existsSync(MEASURED_FILE)
    ? readMeasured().session.processMs
    : figure(`${first} cold, p50`, 'durable') - figure(`${first} warmed, p50`, 'durable')
  return {
    message: Math.max(REQUEST_MS, figure(ends, 'guarded') - figure(ends, 'relay')),
    cold: Math.max(REQUEST_MS, cold),
    answer: Math.max(REQUEST_MS, figure(ends, 'durable')),
    token: figure('CPU for each token more', 'durable') / 1000,
    replayed: figure('replay of 10,000 events', 'durable') / 10_000,
    streamKb: figure('1,000 open: memory a stream', 'guarded'),
  }
}
