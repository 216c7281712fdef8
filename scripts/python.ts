/**
 * `npm run python`: downloads numpy, matplotlib and scipy for programs in answers, and what they need. `npm
 * run python -- pandas` downloads that too. Each file is checked against the hash that Pyodide's own list
 * has. The next build takes them in.
 *
 * `--from URL`: downloads from there, in place of Pyodide's own address.
 */
import { parseArgs } from 'node:util'
import { downloadPackages } from './download-packages.ts'
import { DOWNLOADED, readLock, USUAL } from './python-packages.ts'
import { pyodideVersion } from './version.ts'

const { values, positionals } = parseArgs({
  options: { from: { type: 'string', default: `https://cdn.jsdelivr.net/pyodide/v${pyodideVersion}/full/` } },
  allowPositionals: true,
})
try {
  await downloadPackages({
    names: positionals.length > 0 ? positionals : USUAL,
    packages: readLock().packages,
    from: values.from,
    folder: DOWNLOADED,
    say: console.log,
  })
  console.log('They are used from the next `npm start`, `npm run build` or `npm run deploy` on.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
