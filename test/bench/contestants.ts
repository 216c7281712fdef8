/** The contestants, and how they are built and started. */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { build } from 'vite'
import { bundleWorker, ROOT } from '../../scripts/bundle.ts'
import { installPortkey, portkeyHeaders, startPortkey } from './portkey.ts'
import type { Server } from './server.ts'
import type { Upstream } from './upstream.ts'
import { startWorkerd } from './workerd.ts'

export const NAMES = [
  'bare',
  'relay',
  'two upstreams',
  'guarded',
  'durable',
  'tutorial',
  'OpenAI SDK',
  'AI SDK',
  'Portkey',
] as const
export type Name = (typeof NAMES)[number]

/** Those that most rows have. The relay with two upstreams has rows of its own, beside the one with one. */
export const USUAL = NAMES.filter((name) => name !== 'two upstreams')

export interface Contestant {
  name: Name
  /** The share of 1,000 streams that it can hold open at once on two cores; 1 is all. */
  share: number
  /** The path of its endpoint. */
  path: string
  /** The access key of its caller; `undefined`: the caller has none. */
  key?: string
  /** Further headers of each question. */
  headers?: Record<string, string>
  start(): Promise<Server>
  /** How many answers its log has so far with their tokens counted and the end `done`. */
  accounted?(): number
}

const OUT = 'dist/bench'
const CHAT = '/v1/chat/completions'

/** Enough keys for one run. The Worker searches all of them for each question. */
const KEYS = Array.from({ length: 200 }, (_, i) => `caller-${i}`)
const unused = KEYS.values()

/** The access key of a caller who has asked nothing yet, and so has no Durable Object. */
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

/** Bundles Millrace with callers' objects that log how many rows they write. @returns its folder */
export const bundleCounted = () => bundleWorker(`${OUT}/counted`, 'test/bench/workers/counted.ts')

/** @returns the contestants of these names, built, the bare one first */
export async function assemble({ url }: Upstream, names: readonly Name[]): Promise<Contestant[]> {
  const own = [
    millrace('relay', CHAT, bindingsFor(url)),
    millrace('two upstreams', CHAT, bindingsForTwo(url)),
    { ...millrace('guarded', CHAT, { ...bindingsFor(url), ...BUDGETS }), key: newKey() },
    millrace('durable', '/v1/streams', bindingsFor(url)),
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
  const peers = names.includes('Portkey') ? await portkey(url) : []
  return [...own, ...references, ...peers].sort((a, b) => NAMES.indexOf(a.name) - NAMES.indexOf(b.name))
}

/** @returns an empty list if it can't be installed */
async function portkey(upstream: string): Promise<Contestant[]> {
  try {
    await installPortkey()
  } catch (error) {
    console.error(`Portkey's cells stay empty, since npm can't install it: ${(error as Error).message}`)
    return []
  }
  const headers = portkeyHeaders(upstream)
  return [{ name: 'Portkey', share: 0.3, path: CHAT, headers, start: startPortkey }]
}

/** The limits that DEPLOY.md recommends. Each call is counted, reserved and settled. */
export const BUDGETS = {
  KEY_DAILY_TOKENS: '999999999',
  TOTAL_DAILY_TOKENS: '999999999',
  MAX_INPUT_TOKENS: '100000',
  // More than the longest answer of the bench: 25,000 tokens, at saturation.
  MAX_OUTPUT_TOKENS: '30000',
}

/** The same Worker for each of these contestants, each in a process of its own. */
function millrace(name: Name, path: string, bindings: Record<string, string>): Contestant {
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
        bindings,
        configured: true,
        onLog,
      }),
  }
}

/** The settings of Millrace. Callers without a key are let in, and count as one caller. */
export const bindingsFor = (url: string) => ({
  OPENAI_BASE_URL: url,
  OPENAI_API_KEY: 'sk-bench',
  ...OF_ALL,
})

/** The first of the two answers each call. Their names tell no host, as one without a name doesn't. */
const bindingsForTwo = (url: string) => ({
  UPSTREAMS: `first=${url}, second=${url}`,
  UPSTREAM_KEY_FIRST: 'sk-bench',
  UPSTREAM_KEY_SECOND: 'sk-bench',
  ...OF_ALL,
})

const OF_ALL = {
  OPEN_ACCESS: 'true',
  ACCESS_KEYS: KEYS.map((key) => `${key}:${createHash('sha256').update(key).digest('hex')}`).join(),
}

/** Bundles into one minified file, as wrangler does. */
export async function bundleReference(entry: string, outDir: string): Promise<void> {
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
