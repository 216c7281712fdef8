import type { Script } from './answer.ts'
import type { Contestant } from './contestants.ts'
import type { Target } from './read.ts'
import type { Server } from './server.ts'

/** A contestant that has been started. */
export interface Running extends Omit<Contestant, 'start'> {
  server: Server
}

/** @param keyOf returns the access key for each stream, if it is not the contestant's own */
export function targetOf({ server, path, key, headers }: Running, keyOf?: Target['keyOf']): Target {
  const own = keyOf ?? (key === undefined ? undefined : () => key)
  return { url: server.url, path, ...(own && { keyOf: own }), ...(headers && { headers }) }
}

/** Measures in a newly started process, and stops it. */
export async function inNewProcess<T>(
  { start, ...rest }: Contestant,
  measure: (running: Running) => Promise<T>,
): Promise<T> {
  const server = await start()
  try {
    return await measure({ ...rest, server })
  } finally {
    await server.stop()
  }
}

let streams = 0

/** New streams to request, each with a number that no other stream of this run has. */
export const scripts = (count: number, tokens: number, every: number): Script[] =>
  Array.from({ length: count }, () => ({ stream: streams++, tokens, every }))
