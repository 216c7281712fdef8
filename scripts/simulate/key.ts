/** Many durable streams of one key: their tokens share the threads of its shards (docs/decisions/0019). */
import {
  KEY_SHARDS,
  MAX_HEADERLESS_CALLS,
  MAX_KEY_SHARDS,
  MAX_WAITING_OPENINGS,
} from '../../worker/limits.ts'
import type { Chance } from './chance.ts'
import { createGauge, createServer, type Spread, spreadOf } from './server.ts'
import type { WorkTimes } from './work.ts'

/** Objects that share a key's streams: its own alone, the default, and the most. */
export const SHARDS = [1, KEY_SHARDS, MAX_KEY_SHARDS]
export const STREAMS = [60, 200, 480, 1000, 2000] as const

/** An assumption: how long the model's answer takes to its headers. */
const HEADERS_MS = 500
/** As long as the streams of the bench. */
const DURING_MS = 4_000

export interface KeyOutcome {
  shards: number
  streams: number
  /** Of the shard that chance gives the most. */
  most: number
  /** Its busy share: more than 1 is more than it can do. */
  load: number
  /** How long a token waits for its turn and its work, of all shards. */
  crossing: Spread
  /** If all streams are opened in one instant: how long the call waits for its turn, and those refused. */
  turns: Spread
  refused: number
  memoryMb: number
}

/** @param pace tokens a second of each stream */
export function simulateKey(
  { streams, shards, pace }: { streams: number; shards: number; pace: number },
  work: WorkTimes,
  chance: Chance,
): KeyOutcome {
  const counts = Array.from({ length: shards }, () => 0)
  for (let stream = 0; stream < streams; stream++) {
    const shard = chance.below(shards)
    counts[shard] = (counts[shard] ?? 0) + 1
  }
  const most = Math.max(...counts)
  const crossings = counts.flatMap((count) => crossingsOf(count, pace, work, chance))
  const turns = counts.flatMap((count) =>
    Array.from(
      { length: Math.min(count, MAX_HEADERLESS_CALLS + MAX_WAITING_OPENINGS) },
      (_, place) => Math.floor(place / MAX_HEADERLESS_CALLS) * HEADERS_MS,
    ),
  )
  return {
    ...{ streams, shards, most },
    load: (most * pace * work.token) / 1000,
    crossing: spreadOf(crossings),
    turns: spreadOf(turns),
    refused: streams - turns.length,
    memoryMb: (most * work.streamKb) / 1024,
  }
}

/** Tokens come evenly, each stream's in its own phase and not quite in time. */
function crossingsOf(streams: number, pace: number, work: WorkTimes, chance: Chance): number[] {
  const every = 1000 / pace
  const times: number[] = []
  for (let stream = 0; stream < streams; stream++) {
    for (let at = every * chance.next(); at < DURING_MS; at += every) times.push(at + every * chance.next())
  }
  const server = createServer(createGauge(0))
  return times.sort((a, b) => a - b).map((at) => server.serve(at, work.token) - at)
}
