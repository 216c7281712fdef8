/**
 * A network between two sides that speak HTTP, with the faults of real ones: it delays, loses, stalls, resets and
 * half-closes. Each request names itself by a mark in its bytes, and so gets the fault that is meant for it.
 *
 * @example
 *   const network = await startFaultyNetwork(() => 8787, /x-call: (\w+)/, (call) => faults.get(call))
 *   await fetch(network.url, { headers: { 'x-call': 'seventh' } })
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** What happens to one answer on its way back. `after` counts its bytes, with the head. Times in milliseconds. */
export type NetworkFault =
  /** Each piece is late. */
  | { kind: 'delay'; ms: number }
  /** One piece in `oneIn` is late, as if it had to be sent again. */
  | { kind: 'loss'; oneIn: number; ms: number }
  /** It comes in pieces of this size. */
  | { kind: 'pieces'; bytes: number }
  /** Nothing comes for a while. */
  | { kind: 'stall'; after: number; ms: number }
  /** Nothing comes any more, and nobody says so. */
  | { kind: 'silence'; after: number }
  | { kind: 'reset'; after: number }
  /** The answer's sender is said to have closed. */
  | { kind: 'half-close'; after: number }
  /** The asking side is said to have closed, once its request was sent. */
  | { kind: 'asker half-closes' }

export interface FaultyNetwork {
  /** Without a slash at its end. */
  readonly url: string
  readonly open: number
  stop(): void
}

const HOST = '127.0.0.1'

/**
 * @param far the port of the other side, asked for at each connection
 * @param mark its first group is the request's name
 * @param faultOf called once a request
 */
export async function startFaultyNetwork(
  far: () => number,
  mark: RegExp,
  faultOf: (name: string) => NetworkFault | undefined,
): Promise<FaultyNetwork> {
  const sockets = new Set<Socket>()

  function keep(socket: Socket): Socket {
    sockets.add(socket.setNoDelay(true))
    // A connection that breaks is what this is for.
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  }

  const server = createServer({ allowHalfOpen: true }, (near) => {
    keep(near)
    const other = keep(connect({ host: HOST, port: far(), allowHalfOpen: true }))
    let fault: NetworkFault | undefined
    let passed = 0

    near.on('data', (bytes) => {
      const name = mark.exec(bytes.toString('latin1'))?.[1]
      if (name !== undefined) {
        fault = faultOf(name)
        passed = 0
      }
      if (!other.write(bytes)) near.pause()
      if (fault?.kind === 'asker half-closes' && name !== undefined) other.end()
    })
    other.on('drain', () => near.resume())
    // workerd notices a caller's leaving at a reset alone (scripts/local.ts).
    for (const event of ['end', 'close'] as const) near.on(event, () => other.resetAndDestroy())
    other.on('error', () => near.resetAndDestroy())

    /** @returns whether more may follow */
    async function pass(bytes: Buffer): Promise<boolean> {
      const now = fault
      if (now?.kind === 'delay') await setTimeout(now.ms)
      if (now?.kind === 'loss' && passed % now.oneIn === 0) await setTimeout(now.ms)
      if (now !== undefined && 'after' in now && passed + bytes.length > now.after) {
        const before = Math.max(0, now.after - passed)
        await write(bytes.subarray(0, before))
        fault = undefined
        if (now.kind === 'reset') near.resetAndDestroy()
        else if (now.kind === 'half-close') near.end()
        else if (now.kind === 'silence') await closed(near)
        else {
          await setTimeout(now.ms)
          return write(bytes.subarray(before))
        }
        return false
      }
      const size = now?.kind === 'pieces' ? now.bytes : bytes.length
      for (let at = 0; at < bytes.length; at += size) {
        if (!(await write(bytes.subarray(at, at + size)))) return false
      }
      return true
    }

    async function write(bytes: Buffer): Promise<boolean> {
      if (near.destroyed) return false
      passed += bytes.length
      if (bytes.length > 0 && !near.write(bytes)) await drained(near)
      return !near.destroyed
    }

    async function answer(): Promise<void> {
      for await (const bytes of other as AsyncIterable<Buffer>) if (!(await pass(bytes))) break
      near.end()
    }
    // A connection that the far side breaks off is broken off here.
    answer().catch(() => near.resetAndDestroy())
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    get open() {
      return sockets.size
    },
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const closed = async (socket: Socket) => void (socket.destroyed || (await once(socket, 'close')))

/** Resolves when the socket takes more, or is gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    function over(): void {
      socket.off('drain', over).off('close', over)
      resolve()
    }
    socket.on('drain', over).on('close', over)
  })
}
