/** Size budgets, in bytes after gzip, of what a deployment uploads and what pages load. */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { buildChanged } from './build-changed.ts'
import { ROOT } from './bundle.ts'

const KB = 1024
const CLIENT = `${ROOT}dist/client`

interface Budget {
  name: string
  files(): string[]
  most: number
}

const BUDGETS: Budget[] = [
  // The goal is 80. A second wire format took it to 81, several upstreams and their hosts to 86, and the
  // routes that pass (embeddings, recordings, pictures) to 90.
  { name: 'Worker bundle', files: () => [`${ROOT}dist/worker/index.js`], most: 94 * KB },
  // The race can run its answer's code: 25.1.
  { name: 'page at load', files: loadedAtOnce, most: 26 * KB },
  // One file without eager imports; build-alone.ts checks that.
  { name: 'widget.js', files: () => [`${CLIENT}/widget.js`], most: 13 * KB },
  { name: 'frame of code', files: () => [`${CLIENT}/run/frame.js`], most: 5 * KB },
  // With Pyodide's list of what isn't here, by its modules' names.
  { name: 'worker of Python', files: () => globSync(`${CLIENT}/run/python/worker-*.js`), most: 9 * KB },
]

/** The budget of a lazy part, by its name: the first match counts. */
const PART_BUDGETS: [name: RegExp, most: number][] = [
  // Cyrillic letters take two bytes each: Russian has 4.0, English 3.1.
  [/^strings-/, 4.5 * KB],
  // A language's grammar. The largest ones are lists of words.
  [/^mode-/, 12 * KB],
  // The highlighter, without any language.
  [/^highlight-/, 10 * KB],
  // Temml, with its chemistry.
  [/^view-formulas-/, 63 * KB],
  // The Markdown parser and the view that shows its result.
  [/^(?:render|view)-/, 24 * KB],
  // Everything that a plain conversation needs, including its client of the Worker: an error has to be told
  // offline too, and a page may ask for an export at any time. The rest is in parts of its own.
  // Each of those takes some of this: it says when to load them, and what of them is kept and sent.
  [/^widget-/, 30 * KB],
]
const ANY_OTHER: [name: RegExp, most: number] = [/./, 8 * KB]

/** Builds everything and measures it. @returns whether all sizes are within their budgets */
export async function checkSizes(): Promise<boolean> {
  await buildChanged()
  let within = true
  for (const { name, files, most } of [...BUDGETS, ...parts()]) {
    const bytes = files().reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
    const fits = bytes > 0 && bytes <= most
    within &&= fits
    const size = `${(bytes / KB).toFixed(1)} of ${most / KB} KB gzip`
    console[fits ? 'log' : 'error'](`${fits ? 'ok   ' : 'FAIL '} size: ${name}, ${size}`)
  }
  return within
}

/** The page and the files that its HTML names: scripts, styles and preloads. Lazy parts don't count. */
function loadedAtOnce(): string[] {
  const page = `${CLIENT}/index.html`
  const named = readFileSync(page, 'utf8').matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)
  return [page, ...Array.from(named, ([, path]) => `${CLIENT}${path}`)]
}

/** The parts that `widget.js` loads later. Of those that share a budget, the largest stands for all. */
function parts(): Budget[] {
  const folder = `${CLIENT}/assets/parts`
  const largest = new Map<RegExp, Budget & { bytes: number }>()
  for (const file of readdirSync(folder)) {
    const [kind, most] = PART_BUDGETS.find(([name]) => name.test(file)) ?? ANY_OTHER
    const path = `${folder}/${file}`
    const bytes = gzipSync(readFileSync(path)).length
    if (bytes > (largest.get(kind)?.bytes ?? 0)) {
      largest.set(kind, { name: `part ${file}`, files: () => [path], most, bytes })
    }
  }
  return [...largest.values()]
}
