/**
 * Tokens a second if the upstream sends as fast as it is read. Upstream and reader run on the same machine.
 */
import { readAll } from '../read.ts'
import { type Row, rowOf, takeTurns } from '../row.ts'
import { type Running, scripts, targetOf } from '../running.ts'

const STREAMS = 8
const PROBE_TOKENS = 512
/** In all streams together: 50 MB, which the reader holds in memory until they have ended. */
const MOST_TOKENS = 200_000
/** About how long a contestant's turn takes. */
const TURN_MS = 500

export async function benchSaturation(running: Running[], rounds: number): Promise<Row[]> {
  const tokensPerSecond = async (each: Running, tokens: number) => {
    const readings = await readAll(targetOf(each), scripts(STREAMS, tokens, 0))
    const began = Math.min(...readings.map(({ asked }) => asked))
    const ended = Math.max(...readings.map(({ ended }) => ended))
    return (STREAMS * tokens * 1000) / (ended - began)
  }
  const probed = await takeTurns(running, 2, (each) => tokensPerSecond(each, PROBE_TOKENS))
  const results = await takeTurns(running, rounds, (each) => {
    const speed = probed.get(each.name)?.at(-1) ?? 0
    const tokens = Math.min((speed * TURN_MS) / 1000, MOST_TOKENS) / STREAMS
    return tokensPerSecond(each, Math.max(Math.round(tokens), PROBE_TOKENS))
  })
  return [
    rowOf({ name: 'at saturation', unit: 'tokens/ms', against: 'ratio' }, results, (speed) => speed / 1000),
  ]
}
