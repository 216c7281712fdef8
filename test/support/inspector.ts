/** A Worker's isolate, by V8's inspector. */

export interface Inspector {
  /**
   * Asks, and calls the Worker until the answer is there: what needs the isolate is done when JavaScript runs
   * next.
   *
   * @throws {Error} with what the inspector said, if it refuses
   */
  askAwake(method: string, params?: object): Promise<unknown>
  /** Bytes of all that is still in use after garbage collection. */
  heap(): Promise<number>
  close(): void
}

/**
 * @param address of the isolate's inspector
 * @param wake calls the Worker
 * @example
 *   const inspector = await inspect(server.inspector, () => fetch(`${server.url}/healthz`))
 *   await inspector.heap() // 3_100_000
 */
export async function inspect(address: string, wake: () => Promise<Response>): Promise<Inspector> {
  const socket = new WebSocket(address)
  const waiting = new Map<number, (reply: { result?: unknown; error?: { message: string } }) => void>()
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, ...reply } = JSON.parse(String(data))
    waiting.get(id)?.(reply)
    waiting.delete(id)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`No inspector at ${address}.`)))
  })
  async function ask(method: string, params: object = {}): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<{ result?: unknown; error?: { message: string } }>()
    waiting.set(++last, resolve)
    socket.send(JSON.stringify({ id: last, method, params }))
    const { result, error } = await promise
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }
  async function askAwake(method: string, params?: object): Promise<unknown> {
    let answered = false
    const stop = () => {
      answered = true
    }
    const answer = ask(method, params)
    answer.then(stop, stop)
    while (!answered) await (await wake()).arrayBuffer()
    return answer
  }
  return {
    askAwake,
    async heap() {
      // An inspector keeps the last 1,000 messages of the console.
      await ask('Runtime.discardConsoleEntries')
      // What finalizers free is collected by a second pass.
      for (let pass = 0; pass < 2; pass++) await askAwake('HeapProfiler.collectGarbage')
      const usage = (await ask('Runtime.getHeapUsage')) as Record<string, number>
      // Of V8's objects, of buffers, and of the runtime's objects behind JavaScript's.
      const { usedSize = 0, backingStorageSize = 0, embedderHeapUsedSize = 0 } = usage
      return usedSize + backingStorageSize + embedderHeapUsedSize
    },
    close: () => socket.close(),
  }
}
