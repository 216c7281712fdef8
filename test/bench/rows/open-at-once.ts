/** Many answers open at once, in a process that has just started. */
import { setTimeout } from 'node:timers/promises'
import { now } from '../clock.ts'
import { readAll, type Target } from '../read.ts'
import { scripts } from '../running.ts'
import type { Server } from '../server.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'

const SAMPLES = 10
const SAMPLE_MS = 100

export interface OpenAtOnce {
  /** Bytes a stream. */
  memory: number
  /** Microseconds for each token, with its share of its stream's begin and end. */
  cpu: number
  /** Milliseconds from the upstream to the reader, of each token that was sent once all were open. */
  crossing: number[]
}

/** @throws {Error} if an answer is not whole, or if they are not all open at once */
export async function openAtOnce(
  server: Server,
  target: Target,
  upstream: Upstream,
  { streams, tokens, every }: { streams: number; tokens: number; every: number },
): Promise<OpenAtOnce> {
  // The first answers compile the code, and don't count.
  await readAll(target, scripts(20, 20, 5))
  await upstream.sent()
  const [before, cpuBefore] = [server.memory(), server.cpu()]
  const samples: number[] = []
  let allOpen = 0
  const readings = await readAll(target, scripts(streams, tokens, every), async () => {
    allOpen = now()
    for (let i = 0; i < SAMPLES; i++) {
      samples.push(server.memory())
      await setTimeout(SAMPLE_MS)
    }
  })
  const cpu = ((server.cpu() - cpuBefore) * 1000) / (streams * tokens)
  if (readings.some(({ ended }) => ended < allOpen)) throw new Error('They were not all open at once.')
  const sent = await upstream.sent()
  const crossing = readings.flatMap(({ stream, arrivals }) => {
    const times = sent.get(stream) ?? []
    return arrivals.flatMap((at, i) => ((times[i] ?? 0) >= allOpen ? at - (times[i] ?? 0) : []))
  })
  return { memory: (median(samples) - before) / streams, cpu, crossing }
}
