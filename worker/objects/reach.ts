/** Calls to a caller's object and to an address's, wherever they are. */
import { exports, waitUntil } from 'cloudflare:workers'
import type { BudgetState, CallerLimits } from '../budget/budget-state.ts'
import type { Reservation, ReservationResult } from '../budget/ledger.ts'
import type { Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import type { AtUpstream, KeptResponse, Place } from '../responses/kept-responses.ts'
import type { Followed, Opened, Opening } from '../streams/streams.ts'
import type { QuotaExceeded } from '../visitors/quota.ts'
import { fromReply, type Reply } from './reply.ts'

export interface ReachedCaller {
  warm(): Promise<ApiError | undefined>
  open(opening: Opening): Promise<Opened | ApiError>
  follow(id: string, after: number): Promise<Followed | ApiError>
  stop(id: string): Promise<ApiError | undefined>
  /**
   * Notes that a response at this upstream is this caller's, until it expires: milliseconds since the epoch.
   */
  ownResponse(id: string, expires: number, upstream: string | undefined): Promise<ApiError | undefined>
  /** @returns `undefined`: the response isn't this caller's */
  placeOfResponse(id: string): Promise<Place | undefined | ApiError>
  readResponse(id: string): Promise<KeptResponse | ApiError>
  cancelResponse(id: string): Promise<KeptResponse | ApiError>
  forgetResponse(id: string): Promise<ApiError | undefined>
  conversation(id: string): Promise<readonly unknown[] | AtUpstream | ApiError>
  /** Puts a call's tokens aside, if they fit. */
  reserve(reservation: Reservation, limits: CallerLimits): Promise<ReservationResult | ApiError>
  /** @param used tokens in all; `undefined`: the estimate is charged */
  settle(id: string, used: number | undefined): Promise<ApiError | undefined>
  /** Charges a call that no tokens were reserved for. */
  charge(id: string, used: number): Promise<ApiError | undefined>
  usage(limits: CallerLimits): Promise<BudgetState | ApiError>
}

/** @param name the caller's id: each caller has an object */
export function reachCaller(name: string, { locationHint }: Pick<Config, 'locationHint'>): ReachedCaller {
  const object = exports.Caller.getByName(name, locationHint && { locationHint })

  /** Undoes what an object did for a caller who was told in the meantime that it could not be reached. */
  const undo =
    <T>(undoing: (answer: T) => unknown) =>
    (late: Promise<T | ApiError>) =>
      waitUntil(late.then((answer) => (answer instanceof ApiError ? undefined : undoing(answer))))

  async function close({ id, replayed, events }: Opened): Promise<void> {
    await events?.cancel()
    // A stream that the request only found has other readers.
    if (!replayed) await object.stop(id)
  }

  return {
    warm: () => fromReply(object.warm()),
    open: (opening) => fromReply(object.open(opening), undo(close)),
    follow: (id, after) => fromReply(object.follow(id, after)),
    stop: (id) => fromReply(object.stop(id)),
    ownResponse: (id, expires, upstream) => fromReply(object.ownResponse(id, expires, upstream)),
    placeOfResponse: (id) => fromReply(object.placeOfResponse(id)),
    readResponse: (id) => fromReply(object.readResponse(id) as Promise<Reply<KeptResponse>>),
    cancelResponse: (id) => fromReply(object.cancelResponse(id) as Promise<Reply<KeptResponse>>),
    forgetResponse: (id) => fromReply(object.forgetResponse(id)),
    conversation: (id) => fromReply(object.conversation(id) as Promise<Reply<unknown[] | AtUpstream>>),
    reserve(reservation, limits) {
      const giveBack = undo(() => object.settle(reservation.id, 0))
      return fromReply(object.reserve(reservation, limits), giveBack)
    },
    settle: (id, used) => fromReply(object.settle(id, used)),
    charge: (id, used) => fromReply(object.charge(id, used)),
    usage: (limits) => fromReply(object.usage(limits)),
  }
}

/** @param name a keyed hash of the address: visitors/address.ts */
export function reachAddress(name: string): {
  countSession(): Promise<QuotaExceeded | undefined | ApiError>
} {
  const object = exports.Address.getByName(name)
  return { countSession: () => fromReply(object.countSession()) }
}
