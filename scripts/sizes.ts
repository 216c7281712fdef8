/** Size budgets, in bytes after gzip: what a deployment uploads, and what pages load. */
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { buildClient } from './build-client.ts'
import { bundleWorker, ROOT } from './bundle.ts'

const KB = 1024
const CLIENT = `${ROOT}dist/client`

interface Budget {
  name: string
  files(): string[]
  most: number
}

const BUDGETS: Budget[] = [
  { name: 'Worker bundle', files: () => [`${ROOT}dist/worker/index.js`], most: 80 * KB },
  { name: 'page at load', files: loadedAtOnce, most: 25 * KB },
  // One file that imports nothing before it is needed: the build sees to it.
  { name: 'widget.js', files: () => [`${CLIENT}/widget.js`], most: 13 * KB },
]

/** Of a lazy part, by its name: the first that fits counts. */
const PART_BUDGETS: [name: RegExp, most: number][] = [
  [/^strings-/, 3 * KB],
  // A language's grammar; the largest are lists of words.
  [/^mode-/, 12 * KB],
  // The highlighter, without any language.
  [/^highlight-/, 10 * KB],
  // Markdown, whole, with what shows it.
  [/^(?:render|view)-/, 20 * KB],
  // All that a conversation needs, its client of the Worker too.
  [/^widget-/, 25 * KB],
]
const ANY_OTHER: [name: RegExp, most: number] = [/./, 8 * KB]

/** Builds all and measures it. @returns whether all are within their budgets */
export async function checkSizes(): Promise<boolean> {
  await buildClient()
  await bundleWorker()
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

/** The page, and what its HTML names: scripts, styles and preloads. What is loaded when it is needed doesn't count. */
function loadedAtOnce(): string[] {
  const page = `${CLIENT}/index.html`
  const named = readFileSync(page, 'utf8').matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)
  return [page, ...Array.from(named, ([, path]) => `${CLIENT}${path}`)]
}

/** Each part that `widget.js` loads later: of those that share a budget the largest, which speaks for the others. */
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
