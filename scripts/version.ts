/** Versions, as package.json says them. */
import { readFileSync } from 'node:fs'
import { ROOT } from './bundle.ts'

const { version: own, devDependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))

/** Millrace's. */
export const version: string = own
export const pyodideVersion: string = devDependencies.pyodide
