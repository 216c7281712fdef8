/** CPU time that a Worker's JavaScript takes, by the sampling profiler of V8's inspector. */

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
 * @param wake calls the Worker: its inspector answers when JavaScript runs next
 * @returns milliseconds in JavaScript, with what it calls of the runtime and with garbage collection
 */
export async function javaScriptTime(
  inspector: string,
  wake: () => Promise<Response>,
  work: () => Promise<void>,
): Promise<number> {
  const session = await connect(inspector, wake)
  try {
    await session.ask('Profiler.enable')
    await session.ask('Profiler.setSamplingInterval', { interval: SAMPLING_US })
    await session.ask('Profiler.start')
    await work()
    const { profile } = (await session.ask('Profiler.stop')) as { profile: Profile }
    return timeIn(profile)
  } finally {
    session.close()
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

async function connect(address: string, wake: () => Promise<Response>) {
  const socket = new WebSocket(address)
  const waiting = new Map<number, (result: unknown) => void>()
  let id = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  return {
    async ask(method: string, params: object = {}): Promise<unknown> {
      let answer: { result: unknown } | undefined
      waiting.set(++id, (result) => {
        answer = { result }
      })
      socket.send(JSON.stringify({ id, method, params }))
      while (answer === undefined) await (await wake()).arrayBuffer()
      return answer.result
    },
    close: () => socket.close(),
  }
}
