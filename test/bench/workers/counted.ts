/** Millrace, with callers' objects that log how many rows they write. */

import type { Vars } from '../../../worker/config/config.ts'
import { Caller as Uncounted } from '../../../worker/objects/caller-object.ts'

export { Address, default, Meter, Treasury } from '../../../worker/index.ts'

export class Caller extends Uncounted {
  constructor(ctx: DurableObjectState, env: Vars) {
    const { storage, id } = ctx
    const tell = (rows_written: number) => console.log(JSON.stringify({ caller: id.name, rows_written }))
    const exec = storage.sql.exec.bind(storage.sql)
    storage.sql.exec = ((statement: string, ...values: unknown[]) => {
      const cursor = exec(statement, ...values)
      const rows = cursor.toArray()
      tell(cursor.rowsWritten)
      return { toArray: () => rows }
    }) as typeof exec
    // [doc] Cloudflare, "Durable Objects: Pricing": setting an alarm is a row written.
    const setAlarm = storage.setAlarm.bind(storage)
    storage.setAlarm = (...args: Parameters<typeof setAlarm>) => {
      tell(1)
      return setAlarm(...args)
    }
    super(ctx, env)
  }
}
