import type { Script } from './answer.ts'
import type { Contestant } from './contestants.ts'
import type { Target } from './read.ts'
import type { Workerd } from './workerd.ts'

/** A contestant that has been started. */
export interface Running extends Omit<Contestant, 'start'> {
  workerd: Workerd
}

/** @param keyOf where it matters who asks */
export function targetOf({ workerd, path, key }: Running, keyOf?: Target['keyOf']): Target {
  const own = keyOf ?? (key === undefined ? undefined : () => key)
  return { url: workerd.url, path, ...(own && { keyOf: own }) }
}

let streams = 0

/** The next streams to ask for: no two of a bench have one number. */
export const scripts = (count: number, tokens: number, every: number): Script[] =>
  Array.from({ length: count }, () => ({ stream: streams++, tokens, every }))
