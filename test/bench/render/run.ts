/**
 * `npm run bench:render`: measures an answer's main-thread time in six shapes, against other renderers, in
 * one run and one Chromium, and how the time of texts that are hard to lay out grows. It takes a quarter of
 * an hour. With `-- mixed list`, only those shapes or texts, and no results are kept.
 */
import { writeFileSync } from 'node:fs'
import { ROOT } from '../../../scripts/bundle.ts'
import { HARD_TEXTS } from '../../client/render/hard-texts.ts'
import { startBrowser } from '../../support/browser.ts'
import { machine } from '../results.ts'
import { median } from '../statistics.ts'
import { type Bundle, bundle } from './bundle.ts'
import { longestTasks } from './longest-task.ts'
import { type Cost, mainThreadTime } from './main-thread-time.ts'
import { NAMES, type Name, type Row, tableOf } from './row.ts'
import { SHAPES } from './shapes.ts'

const RESULTS = 'test/bench/render/results.json'
/** Lengths of the texts that are compared. A quarter of the length shows how the time grows. */
const LENGTHS: Record<string, number[]> = { mixed: [20_000, 50_000] }
const OTHER_LENGTHS = [20_000]
const TIMES_LONGER = 4
const MOST_TIMES_TIME = 4.5
const MOST_TASK_MS = 40
/** How much of the best other contestant's time a shape may take. */
const MOST_OF_BEST: Record<string, number> = { list: 0.9 }
const ROUNDS = 5
/**
 * Texts of one paragraph, one line or one word: lengths, and how much longer than a quarter they may take.
 */
const HARD = [
  'prose',
  'hard breaks',
  'strong',
  'strike',
  'code spans',
  'addresses',
  'Chinese',
  'combining signs',
  'one word',
  'Arabic',
  'long link text',
  'code line',
]
const HARD_CHARS = 80_000
const MOST_TIMES_HARD = 5
const HARD_ROUNDS = 1
/**
 * A contestant that takes longer is measured once, and finally stopped: a figure that is far behind needs no
 * median.
 */
const LONG_MS = 6000
const MOST_MS = 20_000
/** What is stopped tells nothing about growth. */
const GROWTH_MOST_MS = 120_000

const asked = process.argv.slice(2)
const shapes = Object.entries(SHAPES).filter(([shape]) => asked.length === 0 || asked.includes(shape))

const rows: Row[] = []
const browser = await startBrowser()
const chromium = browser.version()
try {
  const bundles = new Map<Name, Bundle>()
  for (const name of NAMES) bundles.set(name, await bundle(name))
  for (const [shape, textOf] of shapes) {
    for (const length of LENGTHS[shape] ?? OTHER_LENGTHS)
      rows.push(await compare(bundles, shape, textOf(length)))
  }
  for (const [shape, textOf] of shapes) {
    rows.push(await growth(bundles.get('millrace'), shape, textOf, LENGTHS[shape]?.at(-1) ?? 20_000))
  }
  for (const name of HARD.filter((name) => asked.length === 0 || asked.includes(name))) {
    const textOf = HARD_TEXTS[name]
    if (textOf)
      rows.push(await growth(bundles.get('millrace'), name, textOf, HARD_CHARS, MOST_TIMES_HARD, HARD_ROUNDS))
  }
  if (shapes.length > 0) rows.push(...(await slowPage(await bundle('millrace-view'))))
  const sizes = [...bundles].map(([name, { size }]) => [name, size / 1024])
  rows.push({
    name: 'size, style included, without the highlighter',
    unit: 'KB gzip',
    figures: Object.fromEntries(sizes),
  })
} finally {
  await browser.close()
}

const { workerd: _, ...here } = machine()
console.log(`\n${here.cores} cores of ${here.cpu}, Chromium ${chromium}\n\n${tableOf(rows)}`)
if (asked.length === 0) {
  const results = { machine: { ...here, chromium }, rows }
  writeFileSync(`${ROOT}${RESULTS}`, `${JSON.stringify(results, roundedFigure, 2)}\n`)
}

/** All contestants write the same text, in turns, so that other work of the machine slows all of them. */
async function compare(bundles: Map<Name, Bundle>, shape: string, text: string): Promise<Row> {
  const name = `${shape} ${thousands(text.length)}`
  const costs = new Map<Name, Cost[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [contestant, { script }] of bundles) {
      const before = costs.get(contestant) ?? []
      if (before.some(({ ms, part }) => ms > LONG_MS || part < 1)) continue
      const cost = await logged(`${name}, ${contestant}`, () =>
        mainThreadTime(browser, script, text, MOST_MS),
      )
      costs.set(contestant, [...before, cost])
    }
  }
  const figures = [...costs].map(([contestant, all]) => [contestant, median(all.map(({ ms }) => ms))])
  const parts = [...costs].flatMap(([contestant, [first]]) =>
    first && first.part < 1 ? [[contestant, first.part]] : [],
  )
  return {
    name,
    unit: 'ms',
    figures: Object.fromEntries(figures),
    parts: Object.fromEntries(parts),
    goal: { ofBest: MOST_OF_BEST[shape] ?? 1 },
  }
}

/** The factor by which the time grows for four times the text. */
async function growth(
  contestant: Bundle | undefined,
  shape: string,
  textOf: (chars: number) => string,
  length: number,
  most = MOST_TIMES_TIME,
  rounds = ROUNDS,
): Promise<Row> {
  const name = `${shape}, ${thousands(length)} to ${thousands(length / TIMES_LONGER)}`
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) {
    const time = (chars: number) =>
      mainThreadTime(browser, contestant?.script ?? '', textOf(chars), GROWTH_MOST_MS)
    const ratio = async () => {
      const short = await time(length / TIMES_LONGER)
      const long = await time(length)
      return long.ms / short.ms
    }
    ratios.push(await logged(name, ratio))
  }
  return { name, unit: 'times the time', figures: { millrace: median(ratios) }, goal: most }
}

/** The longest tasks at 500 tokens a second, on a processor a quarter as fast. */
async function slowPage({ script }: Bundle): Promise<Row[]> {
  const first = SHAPES.mixed?.(5000) ?? ''
  const firsts: number[] = []
  const rows: Row[] = []
  for (const [shape, textOf] of shapes) {
    const text = textOf(LENGTHS[shape]?.at(-1) ?? 20_000)
    const name = `longest task at 4× throttling, ${shape} ${thousands(text.length)}`
    const longest = await logged(name, () => longestTasks(browser, script, first, text))
    firsts.push(longest.first)
    rows.push({ name, unit: 'ms', figures: { millrace: longest.second }, goal: MOST_TASK_MS })
  }
  const name = `longest task at 4× throttling, a page's first answer`
  return [{ name, unit: 'ms', figures: { millrace: median(firsts) }, goal: MOST_TASK_MS }, ...rows]
}

async function logged<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  console.error(
    `${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${name}  ${JSON.stringify(result)}`,
  )
  return result
}

function thousands(chars: number): string {
  return `${Math.round(chars / 100) / 10}k`
}

/** Digits after the fourth are noise. */
function roundedFigure(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
}
