/** The machine, and the file that keeps what it measured. */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, totalmem } from 'node:os'
import { ROOT } from '../../scripts/bundle.ts'
import { type Row, verdicts } from './row.ts'
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

export function writeResults(file: string, rows: Row[], tokens: TokenRow[]): void {
  const withVerdict = rows.map(({ goals, ...row }) => ({
    ...row,
    ...(goals && { goals: verdicts({ ...row, goals }) }),
  }))
  const results = { machine: machine(), rows: withVerdict, tokens }
  writeFileSync(`${ROOT}${file}`, `${JSON.stringify(results, roundedFigure, 2)}\n`)
}

/** What is beyond four digits is noise. */
const roundedFigure = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
