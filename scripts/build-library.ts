/**
 * `npm run build:library`, which `npm pack` runs: builds the widget and the client module for other
 * bundlers, with their types, into dist/library. Lazy parts stay `import()`, so that those bundlers split
 * them off.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { build } from 'vite'
import { BASELINE } from './baseline.ts'
import { ROOT } from './bundle.ts'

/** Names from package.json's `exports`. */
const ENTRIES = ['widget', 'define', 'react', 'vue', 'svelte', 'astro', 'stream']

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
      // The site's bundler minifies; people can read this file.
      minify: false,
      lib: {
        entry: Object.fromEntries(ENTRIES.map((name) => [name, `${ROOT}client/library/${name}.ts`])),
        formats: ['es'],
      },
      rolldownOptions: {
        // What the site's package manager installs.
        external: /^(?:eventsource-parser|react)(?:$|\/)/,
        // The React component keeps its 'use client', since it is a file of its own. Next needs it.
        checks: { moduleLevelDirective: false },
        output: { chunkFileNames: 'parts/[name]-[hash].js' },
      },
    },
  })
  await promisify(execFile)('tsc', ['-p', 'client/library'], { cwd: ROOT })
}

if (import.meta.main) await buildLibrary()
