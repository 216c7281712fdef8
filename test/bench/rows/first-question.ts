/**
 * The first token of a caller's first question: the question creates the caller's Durable Object, or an
 * earlier call has (“warmed”).
 */
import { setTimeout } from 'node:timers/promises'
import { newKey } from '../contestants.ts'
import { readAll } from '../read.ts'
import { type Row, rowOf, takeTurns } from '../row.ts'
import { type Running, scripts, targetOf } from '../running.ts'
import { median } from '../statistics.ts'
import type { Upstream } from '../upstream.ts'

const CALLERS = 8
const CALLERS_AT_ONCE = 20
const TOKENS = 200
const EVERY_MS = 5
const SETTLE_MS = 250

export async function benchFirstQuestion(
  running: Running[],
  upstream: Upstream,
  rounds: number,
): Promise<Row[]> {
  const results = await takeTurns(running, rounds, async (each) => {
    const cold = await firstTokens(each, async () => {})
    const warmed = await firstTokens(each, (key) => warm(each, key))
    const before = each.server.cpu()
    await readAll(
      targetOf(each, () => nextKey(each)),
      scripts(CALLERS_AT_ONCE, TOKENS, EVERY_MS),
    )
    await setTimeout(SETTLE_MS)
    const cpu = ((each.server.cpu() - before) * 1000) / (CALLERS_AT_ONCE * TOKENS)
    await upstream.sent()
    return { cold, warmed, cpu }
  })
  const name = 'first token of a caller’s first question'
  const ms = { unit: 'ms', against: 'added' } as const
  return [
    rowOf(
      { ...ms, name: `${name}, object warmed, p50`, goals: { durable: { of: 'added', most: 4 } } },
      results,
      ({ warmed }) => median(warmed),
    ),
    rowOf({ ...ms, name: `${name}, object cold, p50` }, results, ({ cold }) => median(cold)),
    rowOf(
      { name: `CPU per token, ${CALLERS_AT_ONCE} cold objects at once`, unit: 'µs', against: 'ratio' },
      results,
      ({ cpu }) => cpu,
    ),
  ]
}

async function firstTokens(each: Running, before: (key: string) => Promise<void>): Promise<number[]> {
  const waits: number[] = []
  for (const script of scripts(CALLERS, 2, 1)) {
    const key = nextKey(each)
    if (key !== undefined) await before(key)
    const [reading] = await readAll(targetOf(each, key === undefined ? undefined : () => key), [script])
    if (reading !== undefined) waits.push((reading.arrivals[0] ?? Number.NaN) - reading.asked)
  }
  return waits
}

/** The key of a caller without an object. Only durable streams create one. */
const nextKey = ({ name }: Running) => (name === 'durable' ? newKey() : undefined)

async function warm({ server, path }: Running, key: string): Promise<void> {
  const { status } = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${key}` } })
  if (status !== 204) throw new Error(`Making an object ready answered ${status}.`)
}
