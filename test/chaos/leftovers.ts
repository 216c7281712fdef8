/** What is left in Millrace when chaos is over: nothing. */
import { setTimeout } from 'node:timers/promises'
import { keys } from '../support/gate.ts'
import { end, type Script } from '../support/script.ts'
import { json } from '../support/scripts.ts'
import { completion } from '../support/sse.ts'
import { ask } from './ask.ts'
import type { ChaosHouse } from './house.ts'
import { LATE_MS, TIMEOUTS } from './judge.ts'

/** Longer than anything is kept: a response's 30 days. */
const AFTER_ALL_MS = 32 * 24 * 3_600_000
/** As many bodies of this size as an isolate may hold: docs/PROTOCOL.md, "What may be asked". */
const BODIES = 4
const BODY_CHARS = 4_100_000
const TOGETHER_MS = 5_000

/** @returns what is left */
export async function findLeftovers(house: ChaosHouse): Promise<string[]> {
  const open = await house.upstream.until((it) => it.open === 0).then(() => [])
  return [...open, ...(await bodiesHeld(house)), ...(await rowsAndAlarms(house))]
}

/** Whether the Worker still counts bodies of calls that are over: then there is no room for these. */
async function bodiesHeld({ deployment, upstream, pulse }: ChaosHouse): Promise<string[]> {
  const { callers } = keys(1)
  await upstream.clear()
  // They are held as long as their calls run, so these run at the same time.
  const together: Script = async (reply) => {
    const until = performance.now() + TOGETHER_MS
    while (upstream.open < BODIES && performance.now() < until) await setTimeout(10)
    await json(completion('Whole.'))(reply)
    await end(reply)
  }
  upstream.when(() => together)
  const body = JSON.stringify({
    model: 'gpt-test',
    messages: [{ role: 'user', content: 'Say hello.' }],
    padding: 'A'.repeat(BODY_CHARS),
  })
  const from = performance.now()
  const seen = await Promise.all(
    Array.from({ length: BODIES }, () =>
      ask({
        url: `http://127.0.0.1:${deployment.port}/v1/chat/completions`,
        headers: { 'content-type': 'application/json', ...callers[0] },
        body,
        patience: pulse.patience(6 * TOGETHER_MS),
      }),
    ),
  )
  // A call whose deadline passed on a late machine was let in: there was room for its body.
  const isLate = pulse.late(from, performance.now()) >= LATE_MS
  return seen
    .filter(({ status, body }) => status !== 200 && !(isLate && hasPassedDeadline(body.toString())))
    .map(({ status, body }) => `bodies of calls that are over are still held: ${status} ${body.toString()}`)
}

const hasPassedDeadline = (body: string) => TIMEOUTS.some((code) => body.includes(`"code":"${code}"`))

async function rowsAndAlarms({ deployment }: ChaosHouse): Promise<string[]> {
  await deployment.setClock(deployment.ahead + AFTER_ALL_MS)
  const left: string[] = []
  for (const object of await deployment.objects()) {
    await deployment.ring(object)
    const held = await deployment.held(object)
    if (held.hasAlarm || Object.keys(held.rows).length > 0) {
      left.push(`${object.kind} ${object.id} has ${JSON.stringify(held)}`)
    }
  }
  return left
}
