/** The description of the machine, and the file that keeps its measurements. */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, totalmem } from 'node:os'
import { ROOT } from '../../scripts/bundle.ts'
import type { Row } from './row.ts'
import type { TokenRow } from './tokens.ts'

export function machine() {
  const { version: workerd } = createRequire(import.meta.url)('workerd/package.json') as { version: string }
  return {
    date: new Date().toISOString(),
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memory_gb: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    workerd,
  }
}

export interface Results {
  machine: ReturnType<typeof machine>
  rows: Row[]
  tokens: TokenRow[]
}

/** @returns the results as written, rounded */
export function writeResults<R>(file: string, results: R): R {
  const text = JSON.stringify(results, roundedFigure, 2)
  writeFileSync(`${ROOT}${file}`, `${text}\n`)
  return JSON.parse(text) as R
}

/** Rounds to four digits: further digits are noise. */
const roundedFigure = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
