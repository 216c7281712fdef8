/** What the deployment's object writes for a message, as it is billed: by SQLite's own count, with alarms. */
import { runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { dayOf } from '../../worker/budget/day.ts'
import type { SliceRequest } from '../../worker/budget/slice.ts'
import type { Treasury } from '../../worker/objects/deployment-object.ts'
import { countRows } from './count-rows.ts'

const DAY = dayOf(Date.now())
const message = (seq: number, spent: number, granted: number, wanted: number): SliceRequest => ({
  ...{ day: DAY, lease: 'object/lease', seq, spent, granted, wanted, cap: wanted },
})

Object.assign(env, { TOTAL_DAILY_TOKENS: '1000000' })

test('a message writes a row for the lease, one for the day, and one if the caller then holds something unspent', async () => {
  const total = exports.Treasury.getByName('rows')
  await runInDurableObject(total, async (object: Treasury, { storage }) => {
    const rows = countRows(storage)
    const written: number[] = []
    const say = async (...of: Parameters<typeof message>) => {
      const before = rows()
      await object.grant(message(...of))
      written.push(rows() - before)
    }
    await object.grant({ ...message(1, 0, 0, 0), lease: 'object/another' })
    await say(1, 1000, 0, 5000)
    await say(2, 1500, 1500, 6500)
    await say(3, 1500, 1500, 1500)
    expect(written).toEqual([3, 3, 2])
  })
})
