/**
 * Builds what runs an answer's code (docs/RUNNING.md): the script of its frame, Python's worker, and Python
 * itself.
 */
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { MAX_MEMORY } from '../client/run/bounds.ts'
import type { PythonAssets } from '../client/run/python/load-python.ts'
import { buildAlone } from './build-alone.ts'
import { ROOT } from './bundle.ts'
import { limitMemory } from './limit-memory.ts'
import { commandsFor, DOWNLOADED, downloadedOf, PYODIDE, readLock } from './python-packages.ts'
import { pyodideVersion } from './version.ts'

/** Pyodide's own files. Its list of packages goes into the worker. */
const CORE = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip']
const RUN = `${ROOT}client/run`

/**
 * ```
 * run/frame.js                     revalidated at each run
 * run/python/worker-<hash>.js      what starts Python
 * run/python/<version>-<hash>/     Pyodide
 * run/python/packages/             what `npm run python` has downloaded, named after their versions
 * ```
 */
export async function buildRun(outDir: string): Promise<void> {
  const lock = readLock()
  const here = downloadedOf(lock.packages)
  const files = await Promise.all(CORE.map(readCore))
  const sum = (sizes: number[]) => sizes.reduce((all, size) => all + size, 0)
  const contents = files.map(({ content }) => content)
  const core = `python/${pyodideVersion}-${hashOf(...contents)}/`
  const assets: PythonAssets = {
    core,
    packages: 'python/packages/',
    bytes: sum(contents.map(({ length }) => length)),
    sent: sum(contents.map((content) => gzipSync(content).length)),
    lock: { ...lock, packages: here },
  }
  const { worker, frame } = await buildScripts({
    MILLRACE_PYTHON: assets,
    MILLRACE_COMMANDS: commandsFor(lock.packages, here),
  })
  await mkdir(`${outDir}/run/${core}`, { recursive: true })
  await mkdir(`${outDir}/run/${assets.packages}`, { recursive: true })
  await writeFile(`${outDir}/run/frame.js`, frame)
  await writeFile(`${outDir}/run/${worker.path}`, worker.code)
  for (const { name, content } of files) await writeFile(`${outDir}/run/${core}${name}`, content)
  for (const { file_name } of Object.values(here)) {
    await cp(DOWNLOADED + file_name, `${outDir}/run/${assets.packages}${file_name}`)
  }
}

async function readCore(name: string): Promise<{ name: string; content: Uint8Array }> {
  const own = await readFile(PYODIDE + name)
  return { name, content: name.endsWith('.wasm') ? limitMemory(own, MAX_MEMORY) : own }
}

/** @param define constants of the worker, by their names */
export async function buildScripts(define: Record<string, unknown>, loader?: string) {
  const replaced = {
    name: 'python-loader',
    enforce: 'pre' as const,
    resolveId: (asked: string) => (loader && asked.endsWith('/load-python.ts') ? loader : undefined),
  }
  const code = await buildAlone(`${RUN}/python/worker.ts`, './', replaced, inJson(define))
  const path = `python/worker-${hashOf(code)}.js`
  const frame = await buildAlone(`${RUN}/frame/frame.ts`, './', replaced, inJson({ MILLRACE_WORKER: path }))
  return { worker: { path, code }, frame }
}

const inJson = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]))

function hashOf(...contents: (string | Uint8Array)[]): string {
  const hash = createHash('sha384')
  for (const content of contents) hash.update(content)
  return hash.digest('base64url').slice(0, 8)
}
