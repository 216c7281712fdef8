/** An answer that has ended, read again from its first event. */
import { setTimeout } from 'node:timers/promises'
import { check, question, receive } from '../read.ts'
import type { Row } from '../row.ts'
import { type Running, scripts } from '../running.ts'
import { median } from '../statistics.ts'

const EVENTS = 10_000
/** The role before the tokens; the finish, the usage and `[DONE]` after them. */
const OTHERS = 4
const POLL_MS = 50

export async function benchReplay(running: Running[], rounds: number): Promise<Row[]> {
  const durable = running.find(({ name }) => name === 'durable')
  const [script] = scripts(1, EVENTS - OTHERS, 0)
  if (durable === undefined || script === undefined) return []
  const url = `${durable.server.url}${durable.path}`
  const headers = { 'content-type': 'application/json' }
  const opened = await fetch(url, { method: 'POST', headers, body: question(script) })
  // The stream goes on without a reader.
  await opened.body?.cancel()
  const stream = `${url}/${opened.headers.get('stream-id')}`
  // An error until this event exists, 204 once it is the last one.
  const status = async () => (await fetch(`${stream}?after=${EVENTS}`)).status
  while ((await status()) !== 204) await setTimeout(POLL_MS)
  const took: number[] = []
  // The first reading compiles the code, and doesn't count.
  for (let round = -1; round < rounds; round++) {
    const raw = await receive(stream, { method: 'GET' })
    check(raw, script)
    if (round >= 0) took.push(raw.ended - raw.asked)
  }
  return [
    {
      name: `replay of ${EVENTS.toLocaleString('en')} events`,
      unit: 'ms',
      figures: { durable: median(took) },
      goals: { durable: { of: 'figure', most: 200 } },
    },
  ]
}
