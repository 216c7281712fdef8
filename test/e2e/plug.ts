/** The cable between a browser and its server, which can be pulled. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll } from 'vitest'

export interface Plug {
  /** The server's address on this side of the cable, without a slash at its end. */
  readonly url: string
  /** Breaks all connections off, and refuses new ones. */
  pull(): void
  push(): void
}

/** For all the tests of a file. */
export function usePlug(server: () => string): Plug {
  const sockets = new Set<Socket>()
  let pulled = false
  let url = ''

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    // A connection that breaks off is what this is for.
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  }

  const front = createServer((near) => {
    keep(near)
    if (pulled) {
      near.resetAndDestroy()
      return
    }
    const { hostname, port } = new URL(server())
    const far = keep(connect(Number(port), hostname))
    near.pipe(far).pipe(near)
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
  })
  beforeAll(async () => {
    front.listen(0, '127.0.0.1')
    await once(front, 'listening')
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`
  })
  afterAll(() => {
    for (const socket of sockets) socket.destroy()
    front.close()
  })

  return {
    get url() {
      return url
    },
    pull() {
      pulled = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
    push() {
      pulled = false
    },
  }
}
