/** What `npm run cost` prints: measured work times list prices. */
import { expect, test } from 'vitest'
import type { Kind, Measured, Work } from '../../scripts/cost/measured.ts'
import {
  answerAmounts,
  listPrice,
  longestForFree,
  monthOf,
  monthOnPaidPlan,
  scaled,
  timesADayForFree,
  vmsFor,
  workOf,
} from '../../scripts/cost/model.ts'
import { costTables } from '../../scripts/cost/page.ts'
import { deploymentOf, report } from '../../scripts/cost.ts'

/** A start and an end of 1 ms, and 2 µs a token; ten rows, and one for 100 tokens. */
const work = (tokens: number): Work => ({
  jsMs: 1 + 0.002 * tokens,
  processMs: 2 + 0.1 * tokens,
  objectRequests: 2,
  rows: 10 + tokens / 100,
})
const answers = (['relayed', 'guarded', 'durable'] satisfies Kind[]).flatMap((kind) =>
  [100, 500, 4000].map((tokens) => ({ kind, tokens, work: work(tokens) })),
)
const MEASURED: Measured = {
  machine: { date: '2026-11-30T00:00:00.000Z', cores: 2, cpu: 'a CPU', node: '24', workerd: '1' },
  answers,
  portkey: [100, 500, 4000].map((tokens) => ({ tokens, processMs: 1 + 0.2 * tokens })),
  session: { jsMs: 3, processMs: 5, objectRequests: 2, rows: 6 },
}

test.each([2, 100, 300, 500, 1000, 4000, 8000])(
  'an answer of %i tokens lies on the line of those measured',
  (tokens) => {
    const { jsMs, rows } = workOf(MEASURED, 'durable', tokens)
    expect(jsMs).toBeCloseTo(work(tokens).jsMs)
    expect(rows).toBeCloseTo(work(tokens).rows)
  },
)

test('a million answers cost what their amounts cost at list prices', () => {
  const million = scaled(answerAmounts(MEASURED, 'durable', 500), 1e6)
  // Requests 0.30, CPU 2 ms 0.04, two object requests 0.30, rows 15, a point 0.25, and 6.36 s of 128 MB.
  const seconds = 0.8 + 500 / 90
  expect(listPrice(million)).toBeCloseTo(0.3 + 0.04 + 0.3 + 15 + 0.25 + seconds * 0.128 * 12.5)
})

test('the paid plan costs its fee until more is used than it includes', () => {
  const one = answerAmounts(MEASURED, 'guarded', 500)
  expect(monthOnPaidPlan(scaled(one, 1000))).toBe(5)
  // A million: a million requests to objects and no other amount beyond what is included.
  expect(monthOnPaidPlan(scaled(one, 1e6))).toBeCloseTo(5 + 0.15)
})

test.each<[Kind, number, string]>([
  ['relayed', 6666, 'rowsWritten'],
  ['durable', 6666, 'rowsWritten'],
])('the free plan holds so many %s answers a day', (kind, times, limit) => {
  expect(timesADayForFree(answerAmounts(MEASURED, kind, 500))).toEqual({ times, limit })
})

test('the longest answer of the free plan takes 10 ms of JavaScript', () => {
  expect(longestForFree(MEASURED, 'guarded')).toBe(4490)
})

test.each([
  [1e3, 1],
  [1e6, 1],
  // 101 ms each, with half of two cores for 30 days.
  [1e8, 4],
])('%i answers a month through Portkey need VMs', (answersAMonth, vms) => {
  expect(vmsFor(MEASURED, 500, answersAMonth)).toBe(vms)
})

test('a month of a deployment has a session and the answers of each visitor and day', () => {
  const deployment = {
    visitors: 10,
    answers: 4,
    tokens: 500,
    promptTokens: 1000,
    model: 'gpt-5.4-mini',
  } as const
  const { amounts, model } = monthOf(MEASURED, deployment)
  expect(amounts.requests).toBeCloseTo(30 * 10 * 5)
  expect(amounts.rowsWritten).toBeCloseTo(30 * 10 * (6 + 4 * 15))
  expect(model).toBeCloseTo(30 * 10 * 4 * (1000 * 0.75e-6 + 500 * 4.5e-6))
})

test.each([
  [['--visitors', 'many'], '--visitors takes a whole number.'],
  [['--tokens', '-4'], /tokens/],
  [['--model', 'gpt-2'], '--model takes one of gpt-5.4-mini, gpt-5.4, gpt-5.5.'],
  [['--visits', '4'], /visits/],
])('%j is refused by name', (args, message) => {
  expect(() => deploymentOf(args)).toThrow(message)
})

test('a report names each amount, both prices and what the free plan holds', () => {
  const text = report(MEASURED, deploymentOf(['--visitors', '10000', '--answers', '4']))
  expect(text).toMatch(/^10,000 visitors a day, 4 answers each of 500 tokens/)
  for (const words of [
    '1,500,000  requests to the Worker',
    '19,800,000  rows written',
    'paid plan',
    'gpt-5.4-mini, 1000 prompt tokens',
  ]) {
    expect(text).toContain(words)
  }
})

test('the page has each kind and length, and no cell without a figure', () => {
  const tables = costTables(MEASURED)
  expect(tables).not.toMatch(/NaN|undefined|Infinity/)
  for (const kind of ['relayed', 'guarded', 'durable']) expect(tables.split(`| ${kind} `)).toHaveLength(8)
})
