/** The way to a caller's object, wherever it is: what it refuses, and that it can't be reached, come as errors. */
import { exports } from 'cloudflare:workers'
import type { Config } from '../config.ts'
import { ApiError } from '../errors.ts'
import type { Reply } from './caller.ts'
import type { Followed, Opened, Opening } from './streams.ts'

export interface ReachedCaller {
  warm(): Promise<void | ApiError>
  open(opening: Opening): Promise<Opened | ApiError>
  follow(id: string, after: number): Promise<Followed | ApiError>
  stop(id: string): Promise<void | ApiError>
}

/** @param name of the caller: each has an object of their own */
export function reachCaller(name: string, { locationHint }: Pick<Config, 'locationHint'>): ReachedCaller {
  const object = exports.Caller.getByName(name, locationHint && { locationHint })
  return {
    warm: () => read(object.warm()),
    open: (opening) => read(object.open(opening)),
    follow: (id, after) => read(object.follow(id, after)),
    stop: (id) => read(object.stop(id)),
  }
}

async function read<T>(reply: Promise<Reply<T>>): Promise<T | ApiError> {
  try {
    const { answer, refused } = await reply
    return refused === undefined ? (answer as T) : ApiError.from(refused)
  } catch (cause) {
    // What it refuses, it says: thrown is only that it was restarted, is overloaded, or failed.
    return new ApiError('object_unavailable', { cause })
  }
}
