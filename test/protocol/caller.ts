/** What a case asks of the Worker, in whichever runtime it runs. */
import type { ErrorEnvelope, WireError } from '../../worker/protocol/wire.ts'
import { Following } from './following.ts'
import type { Calls, Control, Gate, Plan } from './plan.ts'

export interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
}

/** All that a case knows of its runtime: `fetch`, with the Worker's address left out. */
export type Reach = (path: string, asked?: Asked) => Promise<Response>

export const JSON_TYPE = { 'content-type': 'application/json' }

/** The shortest valid question; without a model, since each runtime has others. */
const QUESTION = { messages: [{ role: 'user', content: 'Say hello.' }] }

/** A stream that has ended, or is about to. */
export interface Known {
  id: string
  text: string
}

export class Caller {
  readonly reach: Reach

  constructor(reach: Reach) {
    this.reach = reach
  }

  /** `POST /v1/streams`, whatever comes of it. */
  post(plan: Plan, headers: Record<string, string> = {}, fields: object = {}): Promise<Response> {
    const body = JSON.stringify({ ...QUESTION, ...fields, plan })
    return this.reach('/v1/streams', { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body })
  }

  /** A stream that has begun. */
  async begin(...[plan, headers, fields]: Parameters<Caller['post']>): Promise<Following> {
    return toFollowing(await this.post(plan, headers, fields), 201)
  }

  /** A stream, read to its end. */
  async read(...asked: Parameters<Caller['post']>): Promise<Known> {
    const following = await this.begin(...asked)
    return { id: following.id, text: await following.rest() }
  }

  /** `GET /v1/streams/{id}`, whatever comes of it. */
  get(id: string, cursor: { header?: string; query?: string } = {}): Promise<Response> {
    const query = cursor.query === undefined ? '' : `?after=${encodeURIComponent(cursor.query)}`
    const headers = cursor.header === undefined ? {} : { 'last-event-id': cursor.header }
    return this.reach(`/v1/streams/${id}${query}`, { headers })
  }

  /** One more reader. @param after the last event it has */
  async follow(id: string, after?: number): Promise<Following> {
    return toFollowing(await this.get(id, after === undefined ? {} : { header: String(after) }), 200)
  }

  /** What a reader that comes now gets, to the end. */
  async replay(id: string, after?: number): Promise<string> {
    return (await this.follow(id, after)).rest()
  }

  stop(id: string): Promise<Response> {
    return this.reach(`/v1/streams/${id}`, { method: 'DELETE' })
  }

  async open({ gate }: Gate): Promise<void> {
    await this.#control({ open: gate })
  }

  callsOf({ name }: Plan): Promise<Calls> {
    return this.#control({ callsOf: name })
  }

  /** Waits until the upstream has nothing more to do for this plan. */
  async over({ name }: Plan): Promise<void> {
    await this.#control({ callsOf: name, over: true })
  }

  async #control(control: Control): Promise<Calls> {
    const body = JSON.stringify({ ...QUESTION, control })
    const response = await this.reach('/v1/chat/completions', { method: 'POST', headers: JSON_TYPE, body })
    const { choices } = (await response.json()) as { choices: [{ message: { content: string } }] }
    return JSON.parse(choices[0].message.content)
  }
}

async function toFollowing(response: Response, status: number): Promise<Following> {
  if (response.status !== status) throw new Error(`${response.status}: ${await response.text()}`)
  return new Following(response)
}

/** The error of a refusal. */
export async function errorOf(response: Response): Promise<WireError> {
  return ((await response.json()) as ErrorEnvelope).error
}

/** A text in the name of a test. */
export const shown = (text: string): string =>
  text.length > 40
    ? `${JSON.stringify(text.slice(0, 5))} and so on, ${text.length} characters`
    : JSON.stringify(text)
