/**
 * The largest bodies that are taken, all at once. What doesn't fit is refused, and the rest is answered; an
 * isolate has 128 MB for all.
 */
import { setTimeout } from 'node:timers/promises'
import { MAX_BODY_BYTES } from '../../../worker/limits.ts'
import type { Contestant } from '../contestants.ts'
import { type Rounds, type Row, rowOf, takeTurns } from '../row.ts'
import { inNewProcess, type Running, scripts, targetOf } from '../running.ts'

const CROWDS = [18, 100]
/** Answers take a second, so that they are all there at once. */
const ANSWER = { tokens: 10, every: 100 }
const SAMPLE_MS = 10

export async function benchLargeBodies(contestants: Contestant[], rounds: number): Promise<Row[]> {
  const rows: Row[] = []
  for (const crowd of CROWDS) {
    const results: Rounds<number> = await takeTurns(contestants, rounds, (contestant) =>
      inNewProcess(contestant, (running) => mostMemory(running, crowd)),
    )
    const name = `${crowd} bodies of ${MAX_BODY_BYTES / 2 ** 20} MB at once: memory`
    rows.push(rowOf({ name, unit: 'MB', against: 'added' }, results, (bytes) => bytes / 2 ** 20))
  }
  return rows
}

/** @returns how much memory the process takes beyond what it had, at the most */
async function mostMemory(running: Running, crowd: number): Promise<number> {
  const { server } = running
  // The first answers compile the code.
  for (const body of bodies(4, 1024)) await ask(running, body)
  const before = server.memory()
  let most = before
  let over = false
  const all = Promise.all(bodies(crowd, MAX_BODY_BYTES).map((body) => ask(running, body)))
  const ended = all.finally(() => {
    over = true
  })
  while (!over) {
    most = Math.max(most, server.memory())
    await setTimeout(SAMPLE_MS)
  }
  const statuses = await ended
  const wrong = statuses.find((status) => status !== 200 && status !== 503)
  if (wrong !== undefined || !statuses.includes(200)) throw new Error(`Answers with ${statuses.join()}.`)
  return most - before
}

/** Questions of `size` bytes. The upstream reads the last message. */
const bodies = (count: number, size: number): string[] =>
  scripts(count, ANSWER.tokens, ANSWER.every).map((script) => {
    const request = (text: string) => ({
      model: 'gpt-4o-mini',
      stream: true,
      messages: [
        { role: 'user', content: text },
        { role: 'user', content: JSON.stringify(script) },
      ],
    })
    const frame = JSON.stringify(request('')).length
    return JSON.stringify(request('word '.repeat(size / 5).slice(0, size - frame)))
  })

async function ask(running: Running, body: string): Promise<number> {
  const { url, path } = targetOf(running)
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body })
  await response.text()
  return response.status
}
