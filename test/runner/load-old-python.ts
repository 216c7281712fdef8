/**
 * Stands in for client/run/python/load-python.ts: loads Pyodide 0.17.1, which has numpy, matplotlib and
 * scipy inside, in place of 314, whose packages npm doesn't have. This file is the one place where the two
 * loaders differ:
 *
 * - `loadPyodide` is a global that a classic script defines, and it has no options but its folder.
 * - Packages are loaded by their names afterwards, from one list that is in the folder.
 * - It makes functions from text, so its frame's policy needs `'unsafe-eval'` (old-python.ts).
 * - Python 3.8 is called without stack switching.
 */
import type { PythonOptions, RunProgram } from '../../client/run/python/load-python.ts'

interface OldPyodide {
  loadPackage(names: readonly string[]): Promise<void>
  runPython(code: string): unknown
  globals: { get(name: string): (...given: Parameters<RunProgram>) => string }
}

/** Where it is served, below `/run/python/`. */
export const OLD_FOLDER = 'old/'

export async function loadPython({ base, imports, program, progress }: PythonOptions): Promise<RunProgram> {
  progress(0, 1, 6)
  const indexURL = new URL(`python/${OLD_FOLDER}`, base).href
  const scope = globalThis as unknown as {
    importScripts(url: string): void
    loadPyodide(options: { indexURL: string }): Promise<void>
    pyodide: OldPyodide
  }
  scope.importScripts(`${indexURL}pyodide.js`)
  await scope.loadPyodide({ indexURL })
  const { pyodide } = scope
  await pyodide.loadPackage(imports.filter((name) => ['numpy', 'matplotlib', 'scipy'].includes(name)))
  pyodide.runPython(program)
  const run = pyodide.globals.get('run')
  return async (...given) => run(...given)
}
