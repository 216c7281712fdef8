/** The heap of a Worker's isolate, by V8's inspector. */

export interface Inspector {
  /** Bytes of all that is still in use after garbage collection. */
  heap(): Promise<number>
  close(): void
}

/**
 * @param address of the isolate's inspector
 * @param wake calls the Worker: workerd collects garbage when JavaScript runs next
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
  async function ask(method: string): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<{ result?: unknown; error?: { message: string } }>()
    waiting.set(++last, resolve)
    socket.send(JSON.stringify({ id: last, method }))
    const { result, error } = await promise
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }
  return {
    async heap() {
      // An inspector keeps the last 1,000 messages of the console.
      await ask('Runtime.discardConsoleEntries')
      // What finalizers free is collected by a second pass.
      for (let pass = 0; pass < 2; pass++) {
        let collected = false
        void ask('HeapProfiler.collectGarbage').then(() => {
          collected = true
        })
        while (!collected) await (await wake()).arrayBuffer()
      }
      const usage = (await ask('Runtime.getHeapUsage')) as Record<string, number>
      // Of V8's objects, of buffers, and of the runtime's objects behind JavaScript's.
      const { usedSize = 0, backingStorageSize = 0, embedderHeapUsedSize = 0 } = usage
      return usedSize + backingStorageSize + embedderHeapUsedSize
    },
    close: () => socket.close(),
  }
}
