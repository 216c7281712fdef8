/** The way to a caller's object, and to an address's, wherever they are. */
import { exports } from 'cloudflare:workers'
import type { Ask } from '../budget/ledger.ts'
import type { Decision } from '../budget/reserve.ts'
import type { Limits, Standing } from '../budget/standing.ts'
import type { Config } from '../config/config.ts'
import type { ApiError } from '../errors.ts'
import type { Followed, Opened, Opening } from '../streams/streams.ts'
import type { Excess } from '../visitors/quota.ts'
import { fromReply } from './reply.ts'

export interface ReachedCaller {
  warm(): Promise<ApiError | undefined>
  open(opening: Opening): Promise<Opened | ApiError>
  follow(id: string, after: number): Promise<Followed | ApiError>
  stop(id: string): Promise<ApiError | undefined>
  /** Puts a call's tokens aside, if there are so many. */
  reserve(ask: Ask, limits: Limits): Promise<Decision | ApiError>
  /** @param used tokens in all; without a count, the estimate */
  settle(id: string, used: number | undefined): Promise<ApiError | undefined>
  /** Accounts for a call that nothing was put aside for. */
  charge(id: string, used: number): Promise<ApiError | undefined>
  usage(limits: Limits): Promise<Standing | ApiError>
}

/** @param name of the caller: each has an object of their own */
export function reachCaller(name: string, { locationHint }: Pick<Config, 'locationHint'>): ReachedCaller {
  const object = exports.Caller.getByName(name, locationHint && { locationHint })
  return {
    warm: () => fromReply(object.warm()),
    open: (opening) => fromReply(object.open(opening)),
    follow: (id, after) => fromReply(object.follow(id, after)),
    stop: (id) => fromReply(object.stop(id)),
    reserve: (ask, limits) => fromReply(object.reserve(ask, limits)),
    settle: (id, used) => fromReply(object.settle(id, used)),
    charge: (id, used) => fromReply(object.charge(id, used)),
    usage: (limits) => fromReply(object.usage(limits)),
  }
}

/** @param name that says nothing of the address: guard/address.ts */
export function reachAddress(name: string): { take(): Promise<Excess | undefined | ApiError> } {
  const object = exports.Address.getByName(name)
  return { take: () => fromReply(object.take()) }
}
