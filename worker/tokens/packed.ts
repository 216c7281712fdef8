/** The Worker's own copy of the packed ranks, deployed with it: opened at the first count, then kept. */
import cl100k_base from '../../dist/ranks/cl100k_base.bin'
import o200k_base from '../../dist/ranks/o200k_base.bin'
import { encodingFor } from './chat.ts'
import { type Counter, createCounter } from './counter.ts'
import type { Encoding } from './pre-tokens.ts'
import { openRanks } from './ranks.ts'

const FILES: Record<Encoding, ArrayBuffer> = { cl100k_base, o200k_base }
const opened = new Map<Encoding, Counter>()

/** @param model the requested model; an unknown one is counted in `o200k_base` */
export function counterFor(model: string): Counter {
  const encoding = encodingFor(model)
  const known = opened.get(encoding)
  if (known !== undefined) return known
  const counter = createCounter(openRanks(FILES[encoding]))
  opened.set(encoding, counter)
  return counter
}
