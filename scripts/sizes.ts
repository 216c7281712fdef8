/** Size budgets, in bytes after gzip: what a deployment uploads, and what a page loads. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { bundleWorker, ROOT } from './bundle.ts'

const KB = 1024

interface Budget {
  name: string
  files(): string[]
  most: number
}

const BUDGETS: Budget[] = [
  { name: 'Worker bundle', files: () => [`${ROOT}dist/worker/index.js`], most: 60 * KB },
  { name: 'page at load', files: loadedAtOnce, most: 25 * KB },
]

/** Builds both and measures them. @returns whether all are within their budgets */
export async function checkSizes(): Promise<boolean> {
  await build({ configFile: `${ROOT}client/vite.config.ts`, logLevel: 'warn' })
  await bundleWorker()
  let within = true
  for (const { name, files, most } of BUDGETS) {
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
  const page = `${ROOT}dist/client/index.html`
  const named = readFileSync(page, 'utf8').matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)
  return [page, ...Array.from(named, ([, path]) => `${ROOT}dist/client${path}`)]
}
