/** CPU time that a Worker's JavaScript takes, by the sampling profiler of V8's inspector. */
import { inspect } from '../../support/inspector.ts'

/** The part of V8's profile that is read. [doc] Chrome DevTools Protocol, "Profiler.Profile". */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string } }[]
  samples: number[]
  /** Microseconds before each sample. */
  timeDeltas: number[]
}

/** What V8 reports where no JavaScript runs: the event loop and the runtime's own work between two calls. */
const NOT_JAVASCRIPT = ['(root)', '(program)', '(idle)']

const SAMPLING_US = 250

/**
 * V8 takes no samples while the isolate is not entered. A longer gap between two samples was such a time, and
 * not one of JavaScript.
 */
const LONGEST_SAMPLE_US = 2 * SAMPLING_US

/**
 * @param inspector the address of the isolate's inspector
 * @param wake calls the Worker
 * @returns milliseconds in JavaScript, with what it calls of the runtime and with garbage collection
 */
export async function javaScriptTime(
  inspector: string,
  wake: () => Promise<Response>,
  work: () => Promise<void>,
): Promise<number> {
  const { askAwake, close } = await inspect(inspector, wake)
  try {
    await askAwake('Profiler.enable')
    await askAwake('Profiler.setSamplingInterval', { interval: SAMPLING_US })
    await askAwake('Profiler.start')
    await work()
    const { profile } = (await askAwake('Profiler.stop')) as { profile: Profile }
    return timeIn(profile)
  } finally {
    close()
  }
}

function timeIn({ nodes, samples, timeDeltas }: Profile): number {
  const others = new Set(
    nodes.filter(({ callFrame }) => NOT_JAVASCRIPT.includes(callFrame.functionName)).map(({ id }) => id),
  )
  const timeOf = (sample: number) => Math.min(timeDeltas[sample] ?? 0, LONGEST_SAMPLE_US)
  const us = samples.reduce((sum, id, sample) => sum + (others.has(id) ? 0 : timeOf(sample)), 0)
  return us / 1000
}
