/**
 * `npm run simulate`: a model of a deployment, from one visitor's question to ten million visitors a day.
 * Without options it also writes the tables of docs/SCALE.md and their plots. It throws if anything is
 * overspent.
 *
 * @example npm run simulate -- --scenario day --visitors 50000
 * @example npm run simulate -- --scenario crowd --visitors 3000 --seed 2
 */
import { parseArgs } from 'node:util'
import { type Filled, writeScalePage } from './simulate/page.ts'
import { crowdPlot, keyPlot, reconnectsPlot, totalPlot } from './simulate/plots.ts'
import { crowdTable, firstTable, keyTable, reconnectTable, waitTable } from './simulate/report.ts'
import {
  CROWDS,
  RECONNECTS,
  restartOf,
  SCALES,
  SCENARIOS,
  type Scenario,
  simulateCrowd,
  simulateDay,
  simulateKeys,
  simulateReconnects,
} from './simulate/scenarios.ts'
import { readWorkTimes } from './simulate/work.ts'

export interface Options {
  scenarios: readonly Scenario[]
  /** A day; in a crowd's minute; or who reads at a restart. `undefined`: the scales of the page. */
  visitors: number | undefined
  seed: number
}

/** @throws {TypeError} with the option's name and form, if one is wrong */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { visitors: { type: 'string' }, seed: { type: 'string' }, scenario: { type: 'string' } },
  })
  const whole = (name: 'visitors' | 'seed'): number | undefined => {
    const text = values[name]
    if (text === undefined) return undefined
    if (!/^[1-9]\d{0,7}$/.test(text))
      throw new TypeError(`--${name} takes a whole number from 1 to 99999999.`)
    return Number(text)
  }
  const scenario = SCENARIOS.find((name) => name === values.scenario)
  if (values.scenario !== undefined && scenario === undefined) {
    throw new TypeError(`--scenario takes one of ${SCENARIOS.join(', ')}.`)
  }
  return {
    scenarios: scenario === undefined ? SCENARIOS : [scenario],
    visitors: whole('visitors'),
    seed: whole('seed') ?? 1,
  }
}

/** Runs the scenarios in turn. @returns the tables and plots of each */
export async function run({ scenarios, visitors, seed }: Options): Promise<Filled[]> {
  const all: Filled[] = []
  for (const scenario of scenarios) all.push(...(await RUNS[scenario](visitors, seed)))
  return all
}

const RUNS: Readonly<Record<Scenario, (visitors: number | undefined, seed: number) => Promise<Filled[]>>> = {
  async day(visitors, seed) {
    const days = []
    for (const scale of visitors === undefined ? SCALES : [visitors])
      days.push(await simulateDay(scale, seed))
    return [
      { table: 'first', text: firstTable(days, readWorkTimes()) },
      { table: 'waits', text: waitTable(days) },
      { plot: 'scale-total', text: totalPlot(days) },
    ]
  },
  async crowd(visitors, seed) {
    const outcomes = []
    for (const each of CROWDS) {
      const crowd = { ...each, count: visitors ?? each.count }
      outcomes.push([crowd, await simulateCrowd(crowd, seed)] as const)
    }
    return [
      { table: 'crowd', text: crowdTable(outcomes) },
      { plot: 'scale-crowd', text: crowdPlot(outcomes) },
    ]
  },
  async reconnects(visitors, seed) {
    const outcomes = []
    for (const each of visitors === undefined ? RECONNECTS : [{ readers: visitors, downMs: 0 }]) {
      outcomes.push([each, await simulateReconnects(each, seed)] as const)
    }
    return [
      { table: 'reconnects', text: reconnectTable(outcomes) },
      { plot: 'scale-reconnects', text: reconnectsPlot(outcomes, restartOf()) },
    ]
  },
  async key(_, seed) {
    const keys = simulateKeys(seed)
    return [
      { table: 'key', text: keyTable(keys) },
      { plot: 'scale-key', text: keyPlot(keys) },
    ]
  },
}

if (import.meta.main) {
  try {
    const args = process.argv.slice(2)
    const filled = await run(optionsOf(args))
    for (const each of filled) if ('table' in each) console.log(`${each.text}\n`)
    console.log('Nothing was overspent at any event.')
    // The page and its plots are of the scales that it speaks of.
    if (args.length === 0) writeScalePage(filled)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
