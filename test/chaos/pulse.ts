/** The beats by which lateness is measured, and the waits that go by it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { startFaultyNetwork } from '../support/faulty-network.ts'
import { ask } from './ask.ts'
import { createLateness } from './lateness.ts'
import type { Order } from './order.ts'

export interface Pulse {
  /** By how many milliseconds the machine was late between two times of `performance.now()`. */
  late(from: number, to: number): number
  /** Resolves so long after a time of `performance.now()`, late time not counted. */
  wait(ms: number, from?: number): Promise<void>
  /** Aborts after so long, late time not counted. */
  patience(ms: number): AbortSignal
  /** Looks until it is so, and no longer than that. @returns whether it came to be in time */
  comes(ms: number, isSo: () => boolean | Promise<boolean>): Promise<boolean>
  stop(): Promise<void>
}

const PAUSE_MS = 50
const LOOK_MS = 100
/** A beat that was lost with a deployment is not waited for. */
const BEAT_MS = 10_000
/** No beat names itself as a call: none has a fault. */
const NONE = /(?!)()/

/** @param worker the Worker's address, by the network between callers and it */
export async function startPulse(worker: string): Promise<Pulse> {
  const lateness = createLateness(() => performance.now())
  const server = createServer((_, response) => void response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const far = await startFaultyNetwork(
    () => port,
    NONE,
    () => undefined,
  )
  const order: Order = { do: 'beat', url: far.url }
  const stopped = new AbortController()

  async function beat(): Promise<void> {
    while (!stopped.signal.aborted) {
      await setTimeout(PAUSE_MS)
      const over = lateness.begin()
      const patience = AbortSignal.any([stopped.signal, AbortSignal.timeout(BEAT_MS)])
      await ask({ url: `${worker}/chaos`, headers: {}, body: JSON.stringify(order), patience })
      over()
    }
  }
  const beating = beat()

  async function wait(ms: number, from = performance.now()): Promise<void> {
    for (let left = ms; left > 0; left = ms - lateness.since(from)) {
      // A patience that is not needed any more keeps no process alive.
      await setTimeout(left, undefined, { ref: false })
    }
  }

  return {
    late: lateness.between,
    wait,
    patience(ms) {
      const over = new AbortController()
      void wait(ms).then(() => over.abort())
      return over.signal
    },
    async comes(ms, isSo) {
      const from = performance.now()
      while (lateness.since(from) < ms) {
        if (await isSo()) return true
        await setTimeout(LOOK_MS)
      }
      return false
    },
    async stop() {
      stopped.abort()
      await beating
      far.stop()
      server.close()
    },
  }
}
