/** Pyodide 0.17.1, which can draw plots offline, in place of the build's. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { ROOT } from '../../scripts/bundle.ts'
import type { OtherPython } from '../support/run-front.ts'
import { OLD_FOLDER } from './load-old-python.ts'

const HOME = `${ROOT}test/runner/`
const FILES = `${HOME}node_modules/@pyodide/pyodide/dist/`

/** 186 MB, once: it stays in its folder. */
const INSTALL_MS = 300_000

/** Installs it as its lock says, which has its hash. */
export async function installOldPython(): Promise<void> {
  if (existsSync(`${FILES}pyodide.js`)) return
  const options = { cwd: HOME, timeout: INSTALL_MS }
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], options)
}

export const OLD_PYTHON: OtherPython = {
  define: { MILLRACE_COMMANDS: {} },
  loader: `${HOME}load-old-python.ts`,
  fileAt: (path) =>
    path.startsWith(OLD_FOLDER) ? readFileSync(FILES + path.slice(OLD_FOLDER.length)) : undefined,
  policy: (own) => own.replace("'wasm-unsafe-eval'", "'unsafe-eval'"),
}
