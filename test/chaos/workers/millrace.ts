/**
 * Millrace with a way in for chaos: its objects can be killed, asked what they hold, and have their alarm
 * rung, and its clock can be set. Alarms go by that clock.
 */

import { type DurableObject, exports } from 'cloudflare:workers'
import type { Vars } from '../../../worker/config/config.ts'
import millrace, {
  Meter,
  Address as RealAddress,
  Caller as RealCaller,
  Treasury as RealTreasury,
} from '../../../worker/index.ts'
import type { Held, ObjectKind, Order } from '../order.ts'
// First: it sets the clock before the Worker's own modules take it.
import { clock, timers } from './instruments.ts'

export { Meter }

export class Caller extends withWayIn(RealCaller) {}
export class Treasury extends withWayIn(RealTreasury) {}
export class Address extends withWayIn(RealAddress) {}

type RealObject = new (
  ctx: DurableObjectState,
  env: Vars,
) => DurableObject<unknown> & { alarm(): Promise<void> }

/** An object that can be killed, and asked what it holds. */
function withWayIn(Real: RealObject) {
  return class extends Real {
    constructor(ctx: DurableObjectState, env: Vars) {
      super(withClock(ctx), env)
    }
    held(): Promise<Held> {
      return heldBy(this.ctx)
    }
    async ring(): Promise<void> {
      await this.alarm()
    }
    kill(): void {
      this.ctx.abort('killed by chaos')
    }
  }
}

/** The platform sets alarms by the machine's clock. */
function withClock(ctx: DurableObjectState): DurableObjectState {
  const { storage } = ctx
  const set = storage.setAlarm.bind(storage)
  const get = storage.getAlarm.bind(storage)
  storage.setAlarm = (at, options) => set(Number(at) - clock.ahead, options)
  storage.getAlarm = async (options) => {
    const at = await get(options)
    return at === null ? null : at + clock.ahead
  }
  return ctx
}

async function heldBy({ storage }: DurableObjectState): Promise<Held> {
  const { sql } = storage
  const tables = sql
    .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'")
    .toArray()
    .map(({ name }) => String(name))
  const rows = Object.fromEntries(
    tables.map((table) => [table, Number(sql.exec(`SELECT COUNT(*) AS n FROM "${table}"`).one().n)]),
  )
  return { rows, hasAlarm: (await storage.getAlarm()) !== null }
}

/** The classes above, which the Worker's own types don't know. */
const objects = exports as unknown as Record<ObjectKind, DurableObjectNamespace<Caller>>

async function obey(order: Order): Promise<unknown> {
  if (order.do === 'set clock') {
    clock.ahead = order.ahead
    return {}
  }
  if (order.do === 'count ticks') return { ticks: timers.ticks }
  if (order.do === 'beat') {
    await (await fetch(order.url)).arrayBuffer()
    return {}
  }
  const { kind, id } = order.object
  const object = objects[kind].get(objects[kind].idFromString(id))
  if (order.do === 'hold') return object.held()
  if (order.do === 'ring') await object.ring()
  // The one who kills learns it by the broken call.
  else await object.kill().catch(() => {})
  return {}
}

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== '/chaos') return millrace.fetch(request, env, ctx)
    try {
      return Response.json(await obey(await request.json()))
    } catch (error) {
      return new Response(String((error as Error).stack ?? error), { status: 500 })
    }
  },
} satisfies ExportedHandler<Record<string, unknown>>
