/** Calls to a caller's objects and to an address's, wherever they are. */
import { exports, waitUntil } from 'cloudflare:workers'
import type { BudgetState, CallerLimits } from '../budget/budget-state.ts'
import type { Reservation, ReservationResult } from '../budget/ledger.ts'
import type { Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import type { AtUpstream, KeptResponse, Place } from '../responses/kept-responses.ts'
import { shardOf } from '../streams/stream-id.ts'
import type { Followed, Opened, Opening } from '../streams/streams.ts'
import type { QuotaExceeded } from '../visitors/quota.ts'
import { fromReply, type Reply } from './reply.ts'
import { chooseShard, shardName, shardsOf, tagsOf } from './shards.ts'

export interface ReachedCaller {
  /** Makes all shards ready: the next stream can be in any of them. */
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
  /** Notes how many tokens a running answer has, if the object can be reached. */
  progress(id: string, output: number): void
  /**
   * @param used tokens in all; `undefined`: the estimate is charged
   * @returns whether there was anything to settle
   */
  settle(id: string, used: number | undefined): Promise<boolean | ApiError>
  /** Charges a call that no tokens were reserved for. */
  charge(id: string, used: number): Promise<ApiError | undefined>
  usage(limits: CallerLimits): Promise<BudgetState | ApiError>
}

/** @param caller its id: each caller has an object of its own, and a key has shards beside it */
export function reachCaller(
  caller: string,
  { locationHint, keyShards }: Pick<Config, 'locationHint' | 'keyShards'>,
): ReachedCaller {
  const objectAt = (shard: number) =>
    exports.Caller.getByName(shardName(caller, shard), locationHint && { locationHint })
  const own = objectAt(0)
  const shards = shardsOf(caller, keyShards)
  const tagOf = tagsOf(caller)
  /** The object that has this stream. An id that was made up reaches none. */
  const ofStream = (id: string) => {
    const shard = shardOf(id, tagOf)
    return shard === undefined ? undefined : objectAt(shard)
  }
  /** The object that knows this response. What an upstream named is known to the caller's own. */
  const ofResponse = (id: string) => ofStream(id) ?? own
  const onStream = <T>(id: string, ask: (object: typeof own) => Promise<Reply<T>>) => {
    const object = ofStream(id)
    return object === undefined ? Promise.resolve(new ApiError('stream_not_found')) : fromReply(ask(object))
  }

  /** Undoes what an object did for a caller who was told in the meantime that it could not be reached. */
  const undo =
    <T>(undoing: (answer: T) => unknown) =>
    (late: Promise<T | ApiError>) =>
      waitUntil(late.then((answer) => (answer instanceof ApiError ? undefined : undoing(answer))))

  async function close({ id, replayed, events }: Opened): Promise<void> {
    await events?.cancel()
    // A stream that the request only found has other readers.
    if (!replayed) await ofStream(id)?.stop(id)
  }

  return {
    async warm() {
      const all = Array.from({ length: shards }, (_, shard) => fromReply(objectAt(shard).warm()))
      return (await Promise.all(all)).find((answer) => answer instanceof ApiError)
    },
    open(opening) {
      const object = objectAt(chooseShard(opening.idempotency?.key, shards))
      return fromReply(object.open(opening), undo(close))
    },
    follow: (id, after) => onStream(id, (object) => object.follow(id, after)),
    stop: (id) => onStream(id, (object) => object.stop(id)),
    ownResponse: (id, expires, upstream) => fromReply(own.ownResponse(id, expires, upstream)),
    placeOfResponse: (id) => fromReply(ofResponse(id).placeOfResponse(id)),
    readResponse: (id) => fromReply(ofResponse(id).readResponse(id) as Promise<Reply<KeptResponse>>),
    cancelResponse: (id) => fromReply(ofResponse(id).cancelResponse(id) as Promise<Reply<KeptResponse>>),
    forgetResponse: (id) => fromReply(ofResponse(id).forgetResponse(id)),
    conversation: (id) =>
      fromReply(ofResponse(id).conversation(id) as Promise<Reply<unknown[] | AtUpstream>>),
    reserve(reservation, limits) {
      const giveBack = undo(() => own.settle(reservation.id, 0))
      return fromReply(own.reserve(reservation, limits), giveBack)
    },
    progress: (id, output) => void fromReply(own.progress(id, output)),
    settle: (id, used) => fromReply(own.settle(id, used)),
    charge: (id, used) => fromReply(own.charge(id, used)),
    usage: (limits) => fromReply(own.usage(limits)),
  }
}

/** @param name a keyed hash of the address: visitors/address.ts */
export function reachAddress(name: string): {
  countSession(): Promise<QuotaExceeded | undefined | ApiError>
} {
  const object = exports.Address.getByName(name)
  return { countSession: () => fromReply(object.countSession()) }
}
