/** Objects outlive releases: what an earlier one stored is read, served and settled by this one. */
import { expect, test } from 'vitest'
import type { CallerLimits } from '../../worker/budget/budget-state.ts'
import { createDeploymentBudget } from '../../worker/budget/deployment-budget.ts'
import { createLedger } from '../../worker/budget/ledger.ts'
import { createSlice } from '../../worker/budget/slice.ts'
import { SLICE_IDLE_MS } from '../../worker/limits.ts'
import { hasTable, migrate } from '../../worker/objects/schema.ts'
import type { Sql } from '../../worker/objects/sql.ts'
import { createJournal } from '../../worker/streams/journal.ts'
import { createQuota } from '../../worker/visitors/quota.ts'
import { newStream, readAll, rowsIn } from '../streams/kept.ts'
import { openDatabase } from '../support/sqlite.ts'
import { EVENTS, HELD, makeAddress, makeCaller, makeDeployment, RESERVED, RUNNING, USED } from './schema-1.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
const LIMITS: CallerLimits = { tokensPerDay: 10_000, concurrency: 3, sliced: true }
const TOTAL = 5000

const migrations = [['CREATE TABLE a (x)'], ['ALTER TABLE a RENAME COLUMN x TO y', 'CREATE TABLE b (z)']]

test('a new object has the tables of this release, and opening it again writes nothing', () => {
  const sql = openDatabase()
  migrate(sql, 'part', migrations)
  sql.rows('INSERT INTO a (y) VALUES (1)')
  sql.statements.length = 0
  migrate(sql, 'part', migrations)
  expect(sql.statements.filter((one) => !one.startsWith('CREATE TABLE IF NOT EXISTS schema'))).toEqual([
    'SELECT version FROM schema WHERE part = ?',
  ])
  expect(sql.rows('SELECT y FROM a')).toEqual([{ y: 1 }])
})

test('each part has a version of its own', () => {
  const sql = openDatabase()
  migrate(sql, 'one', [['CREATE TABLE one (x)']])
  migrate(sql, 'two', [['CREATE TABLE two (x)'], ['CREATE TABLE three (x)']])
  migrate(sql, 'one', [['CREATE TABLE one (x)'], ['CREATE TABLE four (x)']])
  expect(sql.rows('SELECT part, version FROM schema ORDER BY part')).toEqual([
    { part: 'one', version: 2 },
    { part: 'two', version: 2 },
  ])
  expect(['one', 'two', 'three', 'four', 'five'].map((name) => hasTable(sql, name))).toEqual([
    true,
    true,
    true,
    true,
    false,
  ])
})

test('an object that is evicted in the middle of it starts again from the version before', () => {
  for (let death = 0; ; death++) {
    const sql = openDatabase()
    migrate(sql, 'part', migrations.slice(0, 1))
    sql.rows('INSERT INTO a (x) VALUES (1)')
    sql.dieAt(death)
    let died = false
    try {
      migrate(sql, 'part', migrations)
    } catch (error) {
      if (!sql.revive()) throw error
      died = true
      expect(sql.rows('SELECT x FROM a')).toEqual([{ x: 1 }])
      migrate(sql, 'part', migrations)
    }
    sql.revive()
    expect(sql.rows('SELECT y FROM a')).toEqual([{ y: 1 }])
    if (!died) break
  }
})

test('tables of a later release are not touched', () => {
  const sql = openDatabase()
  migrate(sql, 'part', migrations)
  expect(() => migrate(sql, 'part', migrations.slice(0, 1))).toThrow('later release')
})

const OPENERS: [string, (sql: Sql) => unknown][] = [
  ['streams', createJournal],
  ['slices', (sql) => createSlice(sql, () => 'lease', SLICE_IDLE_MS)],
]

test.each(OPENERS)('a new object’s tables of %s are those that an earlier one gets', (_, create) => {
  const [earlier, made] = [openDatabase(), openDatabase()]
  makeCaller(earlier, NOON)
  create(earlier)
  create(made)
  const tablesOf = (sql: Sql) =>
    new Map(sql.rows('SELECT name, sql FROM sqlite_master').map((row) => [row.name, row.sql]))
  for (const [name, text] of tablesOf(made)) {
    expect([name, String(tablesOf(earlier).get(name)).replace('IF NOT EXISTS ', '')]).toEqual([name, text])
  }
  expect(made.statements.join(), 'without the versions on the way').not.toContain('ALTER TABLE')
})

test('from version 1: an open stream is still read and ended', () => {
  const sql = openDatabase()
  makeCaller(sql, NOON)
  const journal = createJournal(sql)
  const [stream] = journal.running()
  if (stream === undefined) throw new Error('There is no stream.')
  expect(stream).toMatchObject({ id: RUNNING, requestId: RESERVED.id, last: EVENTS.length })
  expect(journal.byId(RUNNING), 'by an id without a serial').toEqual(stream)
  const next = journal.begin(newStream({ serial: journal.takeSerial(), idempotencyKey: 'key' }))
  expect([journal.byId(next.id), journal.byKey('key')]).toEqual([next, next])
  expect(next.serial).toBeGreaterThan(stream.serial)
  for (let after = 0; after <= EVENTS.length; after++) {
    const text = readAll({ read: (from) => journal.read(stream, from) }, after)
    expect(text).toBe(EVENTS.slice(after).join(''))
  }
  journal.end(stream.serial, { full: [], state: 'interrupted', expires: NOON + 1 })
  expect([journal.running(), journal.dueAt()]).toEqual([[next], NOON + 1])
  journal.expire(NOON + 1)
  expect([journal.byId(RUNNING), journal.kept, rowsIn(sql, 'packs')]).toEqual([undefined, 1, 0])
})

test('from version 1: an open reservation is still held and settled, and its slice goes on', () => {
  const [sql, total] = [openDatabase(), openDatabase()]
  makeCaller(sql, NOON)
  makeDeployment(total, NOON)
  const ledger = createLedger(sql)
  const deployment = createDeploymentBudget(total)
  const granted = () => total.rows('SELECT granted FROM total')[0]?.granted
  const reserved = RESERVED.prompt + RESERVED.output
  expect(ledger.usage(LIMITS, NOON)).toMatchObject({ used: USED, reserved, running: 1 })
  expect(granted()).toBe(HELD.granted + HELD.others)

  // What the slice has is spent without asking, and no more than that.
  const call = (id: string, output: number) => ({ id, prompt: 0, output, expiresAt: NOON + 60_000 })
  expect(ledger.reserve(call('fits', 400), LIMITS, NOON).kind).toBe('reserved')
  const outcome = ledger.reserve(call('short', 100), LIMITS, NOON)
  if (outcome.kind !== 'short') throw new Error('The slice had more than it should.')
  const answer = deployment.grant(outcome.request, TOTAL, NOON)
  expect(answer).toMatchObject({ shortage: undefined, seq: 4 })
  ledger.take(answer)
  expect(ledger.reserve(call('short', 100), LIMITS, NOON).kind).toBe('reserved')

  expect(ledger.settle(RESERVED.id, 50, NOON)).toBe(true)
  for (const id of ['fits', 'short']) ledger.settle(id, 10, NOON)
  expect(ledger.usage(LIMITS, NOON)).toMatchObject({ used: USED + 70, reserved: 0, running: 0 })
  const back = ledger.runDueWork(NOON + SLICE_IDLE_MS)
  if (back !== undefined) ledger.take(deployment.grant(back, TOTAL, NOON))
  expect(granted(), 'also what was granted in an answer that was lost').toBe(USED + 70 + HELD.others)
})

test('from version 1: a lost grant goes back, also if its caller asks nothing more', () => {
  const [sql, total] = [openDatabase(), openDatabase()]
  makeCaller(sql, NOON)
  makeDeployment(total, NOON)
  const ledger = createLedger(sql)
  ledger.settle(RESERVED.id, HELD.known - USED, NOON)
  expect(ledger.dueAt(NOON), 'though all is spent that its holder knows of').toBe(NOON + SLICE_IDLE_MS)
  const back = ledger.runDueWork(NOON + SLICE_IDLE_MS)
  if (back !== undefined) createDeploymentBudget(total).grant(back, TOTAL, NOON)
  expect(total.rows('SELECT granted FROM total')).toEqual([{ granted: HELD.known + HELD.others }])
})

test('from version 1: the sessions of an address still count', () => {
  const sql = openDatabase()
  makeAddress(sql, [NOON - 2, NOON - 1])
  const limit = { name: 'minute', most: 3, ms: 60_000 }
  const quota = createQuota(sql, [limit])
  expect(quota.countSession(NOON)).toBeUndefined()
  expect(quota.countSession(NOON)).toEqual({ limit, freeAt: NOON - 2 + 60_000 })
})
