/** Small deployments: the same each time, and nothing overspent. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fillPart } from '../../../scripts/fill-page.ts'
import { FORGETFUL } from '../../../scripts/simulate/caller.ts'
import { tablePart } from '../../../scripts/simulate/page.ts'
import { svgOf } from '../../../scripts/simulate/plot.ts'
import { simulateCrowd, simulateReconnects } from '../../../scripts/simulate/scenarios.ts'
import { optionsOf, run } from '../../../scripts/simulate.ts'
import { createDeploymentBudget } from '../../../worker/budget/deployment-budget.ts'
import { createLedger } from '../../../worker/budget/ledger.ts'
import { openDatabase } from '../../support/sqlite.ts'

describe('a crowd', () => {
  test('with enough tokens is served', async () => {
    const { tally, account, leases, calledBack } = await simulateCrowd({ count: 100, tokensEach: 10_000 }, 1)
    expect(tally).toMatchObject({ visitors: 100, refused: 0, failed: 0 })
    expect(tally.accepted).toBeGreaterThan(370)
    expect([leases, calledBack]).toEqual([100, 0])
    expect(account.spent).toBeGreaterThan(500_000)
  })

  test('with too few spends what there is, and no more', async () => {
    const { tally, account, calledBack } = await simulateCrowd({ count: 100, tokensEach: 3000 }, 1)
    expect(tally.refused).toBeGreaterThan(50)
    expect(calledBack).toBeGreaterThan(50)
    expect(account.most).toBeLessThanOrEqual(300_000)
    // What is left is less than a question may take.
    expect(account.spent).toBeGreaterThan(300_000 - 6_000)
  })
})

test('readers of a restart are back in a second, and those who ask again are served', async () => {
  const { tally } = await simulateReconnects({ readers: 50, downMs: 0 }, 1)
  expect(tally.backAfter.length).toBeGreaterThanOrEqual(50)
  expect(Math.max(...tally.backAfter)).toBeLessThan(1500)
  expect([tally.asked > 10, tally.failed]).toEqual([true, 0])
})

test('the same seed prints the same', async () => {
  const tables = async (seed: number) =>
    JSON.stringify(await run({ scenarios: ['crowd'], visitors: 40, seed }))
  expect(await tables(1)).toBe(await tables(1))
  expect(await tables(1)).not.toBe(await tables(2))
})

const step = fc.record({
  do: fc.constantFrom('reserve' as const, 'settle' as const, 'alarm' as const, 'call back' as const),
  tokens: fc.integer({ min: 1, max: 3000 }),
  ms: fc.constantFrom(0, 1000, 60_000, 700_000),
  isLost: fc.boolean(),
})

test('a ledger that keeps nothing in its tables says the same as one that does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const sides = [FORGETFUL, openDatabase()].map((sql) => ({
        ledger: createLedger(sql, () => 'object/lease'),
        total: createDeploymentBudget(openDatabase()),
      }))
      const limits = { tokensPerDay: 20_000, concurrency: 3, sliced: true }
      let now = Date.UTC(2026, 10, 30, 23)
      let calls = 0
      for (const { do: what, tokens, ms, isLost } of steps) {
        now += ms
        if (what === 'reserve') calls++
        const call = { id: `${calls}`, prompt: 100, output: tokens, expiresAt: now + 660_000 }
        const said = sides.map(({ ledger, total }) => {
          const ask = () => {
            if (what === 'reserve') return ledger.reserve(call, limits, now)
            if (what === 'settle') return ledger.settle(`${calls}`, tokens, now)
            return what === 'alarm' ? ledger.runDueWork(now) : ledger.giveBack(now)
          }
          const outcome = ask()
          const request =
            typeof outcome !== 'object'
              ? undefined
              : 'seq' in outcome
                ? outcome
                : 'request' in outcome
                  ? outcome.request
                  : undefined
          if (request !== undefined) {
            const answer = total.grant(request, 15_000, now)
            if (!isLost) ledger.take(answer)
          }
          if (what === 'reserve' && request !== undefined) ledger.reserve(call, limits, now)
          return [outcome, ledger.usage(limits, now), ledger.dueAt(now)]
        })
        expect(said[0]).toEqual(said[1])
      }
    }),
    { numRuns: 100 },
  )
})

test('options are checked, each by its name', () => {
  expect(optionsOf(['--visitors', '50', '--scenario', 'day', '--seed', '3'])).toEqual({
    scenarios: ['day'],
    visitors: 50,
    seed: 3,
  })
  expect(optionsOf([])).toMatchObject({ visitors: undefined, seed: 1 })
  expect(() => optionsOf(['--visitors', '-1'])).toThrow('--visitors')
  expect(() => optionsOf(['--visitors', 'many'])).toThrow('--visitors')
  expect(() => optionsOf(['--seed', '0'])).toThrow('--seed')
  expect(() => optionsOf(['--scenario', 'flood'])).toThrow('day, crowd, reconnects, key')
})

test('a table is put between its own markers, and a page without them is an error', () => {
  const page = 'a\n<!-- simulate: one -->\nold\n<!-- /one -->\n<!-- simulate: two -->\n<!-- /two -->\n'
  expect(fillPart(page, tablePart('one', 'new'))).toBe(page.replace('\nold\n', '\n\nnew\n\n'))
  expect(() => fillPart(page, tablePart('three', 'new'))).toThrow('simulate: three')
})

test('a plot has its lines and their names, and text cannot break it', () => {
  const svg = svgOf({
    title: 'a < b',
    x: { label: 'x', ticks: [0, 10] },
    y: { label: 'y', ticks: [1, 100], isLog: true },
    lines: [
      {
        name: 'line',
        points: [
          [0, 1],
          [5, 10],
          [10, 100],
        ],
      },
    ],
  })
  expect(svg).toContain('d="M74 330L309 187L544 44"')
  expect(svg).toContain('a &lt; b')
  expect(svg).toContain('>line</text>')
})
