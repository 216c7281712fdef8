/** Millrace's version, as package.json says it. */
import { readFileSync } from 'node:fs'
import { ROOT } from './bundle.ts'

export const version: string = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).version
