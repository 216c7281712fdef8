/** Size budgets, in bytes after gzip: what a deployment uploads, and what a page loads. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { bundleWorker, ROOT } from './bundle.ts'

const KB = 1024

interface Budget {
  name: string
  folder: string
  /** Which files of the folder count. */
  counts: RegExp
  most: number
}

const BUDGETS: Budget[] = [
  { name: 'Worker bundle', folder: 'dist/worker', counts: /\.js$/, most: 60 * KB },
  { name: 'page at load', folder: 'dist/client', counts: /\.(?:html|js|css)$/, most: 25 * KB },
]

/** Builds both and measures them. @returns whether all are within their budgets */
export async function checkSizes(): Promise<boolean> {
  await build({ configFile: `${ROOT}client/vite.config.ts`, logLevel: 'warn' })
  await bundleWorker()
  let within = true
  for (const { name, folder, counts, most } of BUDGETS) {
    const bytes = filesIn(`${ROOT}${folder}`)
      .filter((file) => counts.test(file))
      .reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
    const fits = bytes > 0 && bytes <= most
    within &&= fits
    const size = `${(bytes / KB).toFixed(1)} of ${most / KB} KB gzip`
    console[fits ? 'log' : 'error'](`${fits ? 'ok   ' : 'FAIL '} size: ${name}, ${size}`)
  }
  return within
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((file) => statSync(file).isFile())
}
