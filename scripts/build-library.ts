/**
 * `npm run build:library`, which `npm pack` runs: the widget and the client module for other people's bundlers, with
 * their types, in dist/library. Lazy parts stay `import()`, so that those bundlers make chunks of them.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { build } from 'vite'
import { BASELINE } from './baseline.ts'
import { ROOT } from './bundle.ts'

/** By their names in package.json's `exports`. */
const ENTRIES = ['widget', 'define', 'react', 'stream']

export async function buildLibrary(): Promise<void> {
  await build({
    configFile: false,
    root: `${ROOT}client`,
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir: `${ROOT}dist/library`,
      emptyOutDir: true,
      target: BASELINE,
      // It is read by bundlers, which do that, and by people.
      minify: false,
      lib: {
        entry: Object.fromEntries(ENTRIES.map((name) => [name, `${ROOT}client/library/${name}.ts`])),
        formats: ['es'],
      },
      rolldownOptions: {
        // A dependency, which the site's package manager brings.
        external: /^eventsource-parser/,
        output: { chunkFileNames: 'parts/[name]-[hash].js' },
      },
    },
  })
  await promisify(execFile)('tsc', ['-p', 'client/library'], { cwd: ROOT })
}

if (import.meta.main) await buildLibrary()
