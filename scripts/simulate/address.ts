/** The objects of addresses: they bound new sessions. */
import { SESSIONS_PER_ADDRESS } from '../../worker/limits.ts'
import type { Chance } from './chance.ts'
import { createServer, type Gauge, type Server } from './server.ts'

/** An assumption: of ten visitors one comes from a school, an office or a carrier, 2,000 addresses in all. */
export const SHARED = { share: 0.1, addresses: 2000 } as const

interface Address {
  server: Server
  sessions: number[]
}

export interface Addresses {
  /** @returns when the session is counted, and whether it is refused */
  countSession(now: number): { done: number; isRefused: boolean }
}

export function createAddresses(gauge: Gauge, messageMs: number, chance: Chance): Addresses {
  const shared = new Map<number, Address>()
  const newAddress = (): Address => ({ server: createServer(gauge), sessions: [] })

  function addressOfNext(): Address {
    if (!chance.happens(SHARED.share)) return newAddress()
    const number = chance.below(SHARED.addresses)
    const known = shared.get(number) ?? newAddress()
    shared.set(number, known)
    return known
  }

  return {
    countSession(now) {
      const { server, sessions } = addressOfNext()
      const isRefused = SESSIONS_PER_ADDRESS.some(
        ({ most, ms }) => (sessions.at(-most) ?? -Infinity) > now - ms,
      )
      if (!isRefused) sessions.push(now)
      return { done: server.serve(now, messageMs), isRefused }
    },
  }
}
