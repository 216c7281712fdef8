/** From starting workerd to the first answer of `/healthz`. */
import { now } from '../clock.ts'
import type { Contestant } from '../contestants.ts'
import { type Row, rowOf, takeTurns } from '../row.ts'

export async function benchStartUp(contestants: Contestant[], rounds: number): Promise<Row[]> {
  const results = await takeTurns(contestants, rounds, async ({ start }) => {
    const began = now()
    const server = await start()
    await (await fetch(`${server.url}/healthz`)).arrayBuffer()
    const took = now() - began
    await server.stop()
    return took
  })
  return [rowOf({ name: 'start to first answer', unit: 'ms', against: 'added' }, results, (took) => took)]
}
