/** Who runs against whom, and what is built to start them. */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { build } from 'vite'
import { bundleWorker, ROOT } from '../../scripts/bundle.ts'
import type { Upstream } from './upstream.ts'
import { startWorkerd, type Workerd } from './workerd.ts'

export const NAMES = ['bare', 'Millrace', 'guarded', 'durable', 'tutorial', 'OpenAI SDK', 'AI SDK'] as const
export type Name = (typeof NAMES)[number]

export interface Contestant {
  name: Name
  /** How many streams at once it can be asked for in a bench of minutes: 1, or the part of them. */
  share: number
  /** Where it is asked. */
  path: string
  /** With which access key; `undefined`: with none. */
  key?: string
  start(): Promise<Workerd>
  /** How many answers it has accounted for so far: their tokens counted, their end `done`. */
  accounted?(): number
}

const OUT = 'dist/bench'
const CHAT = '/v1/chat/completions'

/** Every question looks through all of them: no more than are used up. */
const KEYS = Array.from({ length: 200 }, (_, i) => `caller-${i}`)
const unused = KEYS.values()

/** The access key of a caller who has asked nothing yet: a durable stream's object is one a caller. */
export function newKey(): string {
  const { done, value } = unused.next()
  if (done) throw new RangeError(`More than ${KEYS.length} callers.`)
  return value
}

const REFERENCES = [
  { name: 'bare', file: 'bare', share: 1 },
  { name: 'tutorial', file: 'tutorial', share: 0.3 },
  { name: 'OpenAI SDK', file: 'openai-sdk', share: 0.3 },
  { name: 'AI SDK', file: 'ai-sdk', share: 0.1 },
] as const

export const MILLRACE_BUNDLE = `${ROOT}${OUT}/millrace`

/** Millrace, whose callers' objects tell how many rows they write. @returns the folder of its bundle */
export const bundleCounted = () => bundleWorker(`${OUT}/counted`, 'test/bench/workers/counted.ts')

/** @returns the contestants of these names, built, the bare one first */
export async function assemble({ url }: Upstream, names: readonly Name[]): Promise<Contestant[]> {
  const own = [
    millrace('Millrace', CHAT, url),
    { ...millrace('guarded', CHAT, url, BUDGETS), key: newKey() },
    millrace('durable', '/v1/streams', url),
  ].filter(({ name }) => names.includes(name))
  if (own.length > 0) {
    mkdirSync(`${ROOT}dist/client`, { recursive: true }) // wrangler.toml names it.
    await bundleWorker(`${OUT}/millrace`)
  }
  const references: Contestant[] = []
  for (const { name, file, share } of REFERENCES.filter((each) => names.includes(each.name))) {
    const bundle = `${ROOT}${OUT}/${file}`
    await bundleReference(`${import.meta.dirname}/workers/${file}.ts`, bundle)
    references.push({
      name,
      share,
      path: CHAT,
      start: () =>
        startWorkerd({ bundle, bindings: { UPSTREAM: url }, configured: false, onLog: console.error }),
    })
  }
  return [...own, ...references].sort((a, b) => NAMES.indexOf(a.name) - NAMES.indexOf(b.name))
}

/** All that can stand before a call: each is counted, put aside for, and settled. */
const BUDGETS = {
  KEY_DAILY_TOKENS: '999999999',
  TOTAL_DAILY_TOKENS: '999999999',
  MAX_INPUT_TOKENS: '100000',
  MAX_OUTPUT_TOKENS: '1000',
}

/** The same Worker each time, in a process of its own. */
function millrace(name: Name, path: string, url: string, vars: Record<string, string> = {}): Contestant {
  let accounted = 0
  const onLog = (line: string) => {
    const { end, completion_tokens } = JSON.parse(line) as { end?: string; completion_tokens?: number }
    if (end === 'done' && completion_tokens !== undefined) accounted++
  }
  return {
    name,
    share: 1,
    path,
    accounted: () => accounted,
    start: () =>
      startWorkerd({
        bundle: MILLRACE_BUNDLE,
        bindings: { ...bindingsFor(url), ...vars },
        configured: true,
        onLog,
      }),
  }
}

/** Of Millrace. Whoever comes without a key is let in too, and is always the same caller. */
export const bindingsFor = (url: string) => ({
  OPENAI_BASE_URL: url,
  OPENAI_API_KEY: 'sk-bench',
  OPEN_ACCESS: 'true',
  ACCESS_KEYS: KEYS.map((key) => `${key}:${createHash('sha256').update(key).digest('hex')}`).join(),
})

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
