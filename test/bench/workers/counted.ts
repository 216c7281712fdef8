/** Millrace, with Durable Objects that log the rows they write and the requests that reach them. */

import type { Vars } from '../../../worker/config/config.ts'
import {
  Address as UncountedAddress,
  Caller as UncountedCaller,
  Treasury as UncountedTreasury,
} from '../../../worker/index.ts'
import type { Counted } from '../counted.ts'

export { default, Meter } from '../../../worker/index.ts'

const tell = (line: Counted) => console.log(JSON.stringify(line))

/** Counts what `storage` writes. To be called before the object uses it. */
function countRows({ storage, id }: DurableObjectState): void {
  const told = (rows_written: number) => tell({ caller: id.name, rows_written })
  const exec = storage.sql.exec.bind(storage.sql)
  storage.sql.exec = ((statement: string, ...values: unknown[]) => {
    const cursor = exec(statement, ...values)
    const rows = cursor.toArray()
    told(cursor.rowsWritten)
    return { toArray: () => rows }
  }) as typeof exec
  // [doc] Cloudflare, "Durable Objects: Pricing": setting an alarm is a row written.
  const setAlarm = storage.setAlarm.bind(storage)
  storage.setAlarm = (...args: Parameters<typeof setAlarm>) => {
    told(1)
    return setAlarm(...args)
  }
}

/** Counts the calls of each method that another isolate can call, and alarms: each is billed as a request. */
function countRequests(own: { prototype: object }, uncounted: { prototype: object }): void {
  const methods = Object.getOwnPropertyNames(uncounted.prototype).filter((name) => name !== 'constructor')
  for (const name of methods) {
    Object.defineProperty(own.prototype, name, {
      value(this: { ctx: DurableObjectState }, ...args: unknown[]) {
        tell({ caller: this.ctx.id.name, object_requests: 1 })
        return (uncounted.prototype as Record<string, (...args: unknown[]) => unknown>)[name]?.apply(
          this,
          args,
        )
      },
    })
  }
}

export class Caller extends UncountedCaller {
  constructor(ctx: DurableObjectState, env: Vars) {
    countRows(ctx)
    super(ctx, env)
  }
}

export class Treasury extends UncountedTreasury {
  constructor(ctx: DurableObjectState, env: Vars) {
    countRows(ctx)
    super(ctx, env)
  }
}

export class Address extends UncountedAddress {
  constructor(ctx: DurableObjectState, env: Vars) {
    countRows(ctx)
    super(ctx, env)
  }
}

countRequests(Caller, UncountedCaller)
countRequests(Treasury, UncountedTreasury)
countRequests(Address, UncountedAddress)
