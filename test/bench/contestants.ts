/** Who runs against whom, and what is built to start them. */
import { mkdirSync } from 'node:fs'
import { build } from 'vite'
import { bundleWorker, ROOT } from '../../scripts/bundle.ts'
import type { Upstream } from './upstream.ts'
import { startWorkerd, type Workerd } from './workerd.ts'

export const NAMES = ['bare', 'Millrace', 'tutorial', 'OpenAI SDK', 'AI SDK'] as const
export type Name = (typeof NAMES)[number]

export interface Contestant {
  name: Name
  /** How many streams at once it can be asked for in a bench of minutes: 1, or the part of them. */
  share: number
  start(): Promise<Workerd>
  /** How many answers it has accounted for so far: their tokens counted, their end `done`. */
  accounted?(): number
}

const OUT = 'dist/bench'

const REFERENCES = [
  { name: 'bare', file: 'bare', share: 1 },
  { name: 'tutorial', file: 'tutorial', share: 0.3 },
  { name: 'OpenAI SDK', file: 'openai-sdk', share: 0.3 },
  { name: 'AI SDK', file: 'ai-sdk', share: 0.1 },
] as const

export const MILLRACE_BUNDLE = `${ROOT}${OUT}/millrace`

/** Builds all, the bare one first. */
export async function assemble({ url }: Upstream): Promise<Contestant[]> {
  let accounted = 0
  const onLog = (line: string) => {
    const { end, completion_tokens } = JSON.parse(line) as { end?: string; completion_tokens?: number }
    if (end === 'done' && completion_tokens !== undefined) accounted++
  }
  mkdirSync(`${ROOT}dist/client`, { recursive: true }) // wrangler.toml names it.
  await bundleWorker(`${OUT}/millrace`)
  const millrace: Contestant = {
    name: 'Millrace',
    share: 1,
    accounted: () => accounted,
    start: () =>
      startWorkerd({
        bundle: MILLRACE_BUNDLE,
        bindings: { OPENAI_BASE_URL: url, OPENAI_API_KEY: 'sk-bench', OPEN_ACCESS: 'true' },
        configured: true,
        onLog,
      }),
  }
  const references: Contestant[] = []
  for (const { name, file, share } of REFERENCES) {
    const bundle = `${ROOT}${OUT}/${file}`
    await bundleReference(`${import.meta.dirname}/workers/${file}.ts`, bundle)
    references.push({
      name,
      share,
      start: () =>
        startWorkerd({ bundle, bindings: { UPSTREAM: url }, configured: false, onLog: console.error }),
    })
  }
  return [millrace, ...references].sort((a, b) => NAMES.indexOf(a.name) - NAMES.indexOf(b.name))
}

/** One file, minified, as wrangler would. */
async function bundleReference(entry: string, outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    resolve: { conditions: ['workerd', 'worker', 'module', 'browser'] },
    ssr: { target: 'webworker', noExternal: true },
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: true,
      minify: true,
      target: 'esnext',
      rolldownOptions: {
        external: /^(?:node|cloudflare):/,
        output: { entryFileNames: 'index.js', codeSplitting: false },
      },
    },
  })
}
