/**
 * What workerd itself keeps of Millrace's work: the same calls, to as many objects and as often to the
 * upstream, and nothing done with them. It is configured as in wrangler.toml, so it has to have all of its
 * classes.
 */
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'
import { CALLER, MODERATIONS } from '../same-calls.ts'

interface Env {
  OPENAI_BASE_URL: string
  CALLERS: DurableObjectNamespace<Caller>
}

const A_DAY_MS = 86_400_000
/** A reservation, and its settlement. */
const VISITS = 2

export class Caller extends DurableObject<Env> {
  async visit(): Promise<void> {
    const { sql } = this.ctx.storage
    sql.exec('CREATE TABLE IF NOT EXISTS visits (at INTEGER PRIMARY KEY)')
    sql.exec('INSERT OR REPLACE INTO visits VALUES (?)', Date.now())
    await this.ctx.storage.setAlarm(Date.now() + A_DAY_MS)
  }
  override alarm(): void {}
}
export class Address extends DurableObject {}
export class Treasury extends DurableObject {}
export class Meter extends WorkerEntrypoint {}

export default {
  async fetch({ method, headers, body }: Request, env: Env): Promise<Response> {
    if (method !== 'POST') return new Response()
    const caller = env.CALLERS.getByName(headers.get(CALLER) ?? '')
    for (let visit = 0; visit < VISITS; visit++) await caller.visit()
    for (let left = Number(headers.get(MODERATIONS)); left > 0; left--) {
      const judged = { method, body: JSON.stringify({ input: 'A text of an answer.' }) }
      await (await fetch(`${env.OPENAI_BASE_URL}/moderations`, judged)).arrayBuffer()
    }
    return fetch(`${env.OPENAI_BASE_URL}/chat/completions`, { method, headers, body })
  },
}
