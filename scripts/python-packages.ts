/** Pyodide's packages: which there are, which have been downloaded, and what brings the others. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import type { Lockfile, LockfilePackage } from 'pyodide'
import { ROOT } from './bundle.ts'

export const PYODIDE = `${ROOT}node_modules/pyodide/`
/** Where `npm run python` puts what it downloads. Builds take it from there. */
export const DOWNLOADED = `${ROOT}dist/python/`
/** What `npm run python` downloads, if it is given no names. What they need comes with them. */
export const USUAL = ['numpy', 'matplotlib', 'scipy'] as const

type Packages = Readonly<Record<string, LockfilePackage>>

export const readLock = (folder = PYODIDE): Lockfile =>
  JSON.parse(readFileSync(`${folder}pyodide-lock.json`, 'utf8'))

/**
 * These packages and all that they need.
 *
 * @throws {RangeError} if there is no such package
 */
export function withNeeded(names: readonly string[], packages: Packages): LockfilePackage[] {
  const wanted = new Map<string, LockfilePackage>()
  const want = (asked: string): void => {
    const name = asked.toLowerCase().replace(/[-_.]+/g, '-')
    if (wanted.has(name)) return
    const found = packages[name]
    if (!found) throw new RangeError(`Pyodide has no package ${asked}.`)
    wanted.set(name, found)
    for (const needed of found.depends) want(needed)
  }
  for (const name of names) want(name)
  return [...wanted.values()]
}

/** The packages that are here with all that they need, with their sizes. */
export function downloadedOf(packages: Packages, folder = DOWNLOADED) {
  const isHere = ({ file_name }: LockfilePackage) => existsSync(folder + file_name)
  const here = Object.entries(packages).filter(([name]) => withNeeded([name], packages).every(isHere))
  return Object.fromEntries(
    here.map(([name, one]) => [name, { ...one, bytes: statSync(folder + one.file_name).size }]),
  )
}

/** The command that brings it, by the name of each module that isn't here. */
export function commandsFor(packages: Packages, here: Packages): Record<string, string> {
  const usual = new Set(withNeeded(USUAL, packages))
  const commands: Record<string, string> = {}
  for (const [name, one] of Object.entries(packages)) {
    if (here[name]) continue
    for (const module of one.imports) {
      commands[module] = usual.has(one) ? 'npm run python' : `npm run python -- ${name}`
    }
  }
  return commands
}
