/**
 * `npm run bench:render`: the main-thread time of an answer in six shapes, against what else there is, in one run. With
 * `-- millrace code`, only that contestant and that shape.
 */
import { readFileSync } from 'node:fs'
import { ROOT } from '../../../scripts/bundle.ts'
import { startBrowser } from '../../support/browser.ts'
import { bundle, measure } from './measure.ts'
import { SHAPES } from './shapes.ts'

const CONTESTANTS = ['millrace', 'streaming-markdown', 'marked', 'deep-chat']
const ROWS = [
  ['mixed', 20000],
  ['mixed', 50000],
  ['code', 20000],
  ['paragraph', 20000],
  ['list', 20000],
  ['table', 20000],
] as const
const names = process.argv.slice(2)
const who = CONTESTANTS.filter(
  (n) => names.length === 0 || !CONTESTANTS.some((c) => names.includes(c)) || names.includes(n),
)
const shapes = Object.keys(SHAPES).filter(
  (n) => !Object.keys(SHAPES).some((c) => names.includes(c)) || names.includes(n),
)
const sizes = names.map(Number).filter((n) => n > 0)
const browser = await startBrowser()
const scripts = new Map<string, string>()
for (const n of who) scripts.set(n, await bundle(n))
for (const shape of shapes)
  for (const n of who) {
    const row = []
    for (const size of sizes.length ? sizes : [5000, 20000]) {
      const r = await measure(browser, scripts.get(n)!, process.env.EXTRA ?? '', SHAPES[shape]!(size), 60000)
      row.push(`${size / 1000}k ${r.ms.toFixed(0)}${r.part < 1 ? ` (${(r.part * 100).toFixed(0)}%)` : ''}`)
    }
    console.log(shape.padEnd(10), n.padEnd(20), row.join('  '))
  }
await browser.close()
