/**
 * The token counter against js-tiktoken and gpt-tokenizer, o200k_base, each in processes of its own.
 * `node test/bench/tokens.ts` prints the table; about a minute.
 */
import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const LIBRARIES = ['millrace', 'js-tiktoken', 'gpt-tokenizer'] as const
type Library = (typeof LIBRARIES)[number]

/** One line of the table. No figure: not measured, because js-tiktoken would take more than 20 s. */
export interface TokenRow {
  name: string
  unit: 'ms' | 'MB' | 'million characters/s'
  figures: Partial<Record<Library, number>>
  /** The goal for Millrace's own figure. */
  goal?: { at: 'most' | 'least'; figure: number }
}

type Count = (text: string) => number
type Figures = Record<string, number>

/**
 * Rounds in which the libraries take turns; the median counts. js-tiktoken's speed is measured once, since
 * it takes 20 s.
 */
const ROUNDS = 3
const MEGABYTE = 2 ** 20

const HAN =
  '的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从'
const han = (length: number) =>
  Array.from({ length }, (_, i) => HAN[(i * i * 7 + i * 13 + (i >> 3)) % HAN.length]).join('')

const BAD = {
  '20,000 spaces': { text: ' '.repeat(20_000), unfit: ['js-tiktoken'] },
  '50,000 × "x"': { text: 'x'.repeat(50_000), unfit: ['js-tiktoken'] },
  '8,000 × "="': { text: '='.repeat(8000), unfit: [] },
  '1,400 Chinese characters without punctuation': { text: han(1400), unfit: [] },
  '1 MB of spaces': { text: ' '.repeat(MEGABYTE), unfit: ['js-tiktoken', 'gpt-tokenizer'] },
  '1 MB of "x"': { text: 'x'.repeat(MEGABYTE), unfit: ['js-tiktoken', 'gpt-tokenizer'] },
  '1 MB of "="': { text: '='.repeat(MEGABYTE), unfit: ['js-tiktoken', 'gpt-tokenizer'] },
  '1 MB of Chinese characters': { text: han(MEGABYTE / 3), unfit: ['js-tiktoken', 'gpt-tokenizer'] },
} satisfies Record<string, { text: string; unfit: Library[] }>

/** All rows, measured one after the other. */
export async function benchTokens(): Promise<TokenRow[]> {
  const built = await build()
  try {
    const results = new Map(LIBRARIES.map((library): [Library, Figures[]] => [library, []]))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [library, rounds] of results) {
        const start = await inProcess('start', library, built)
        const speed = library !== 'js-tiktoken' || round === 0 ? await inProcess('speed', library, built) : {}
        rounds.push({ ...start, ...speed })
      }
    }
    const row = (name: string, unit: TokenRow['unit'], key: string, goal?: TokenRow['goal']): TokenRow => {
      const figures: TokenRow['figures'] = {}
      for (const [library, rounds] of results) {
        const figure = median(rounds, key)
        if (figure !== undefined) figures[library] = figure
      }
      return goal ? { name, unit, figures, goal } : { name, unit, figures }
    }
    const rivalProse = median(results.get('gpt-tokenizer') ?? [], 'prose') ?? 0
    return [
      row('from nothing to the first count', 'ms', 'ready', { at: 'most', figure: 20 }),
      row('memory kept', 'MB', 'memory', { at: 'most', figure: 16 }),
      row('prose', 'million characters/s', 'prose', { at: 'least', figure: rivalProse }),
      row('code', 'million characters/s', 'code'),
      ...Object.keys(BAD).map((name) => row(name, 'ms', name, { at: 'most', figure: 1000 })),
    ]
  } finally {
    rmSync(built, { recursive: true })
  }
}

/** The counter as a page or a Worker gets it, JavaScript and packed ranks, in a new folder. */
async function build(): Promise<string> {
  const [{ build }, { packRanks }] = await Promise.all([
    import('vite'),
    import('../../scripts/pack-ranks.ts'),
  ])
  const outDir = mkdtempSync(join(tmpdir(), 'bench-tokens-'))
  const tokens = join(import.meta.dirname, '../../worker/tokens')
  const entry = { counter: join(tokens, 'counter.ts'), ranks: join(tokens, 'ranks.ts') }
  await build({
    configFile: false,
    logLevel: 'silent',
    build: { outDir, lib: { entry, formats: ['es'], fileName: (_, name) => `${name}.mjs` } },
  })
  writeFileSync(join(outDir, 'o200k_base.bin'), Buffer.from(packRanks('o200k_base')))
  return outDir
}

async function inProcess(what: 'start' | 'speed', library: Library, built: string) {
  const args = ['--expose-gc', import.meta.filename, what, library, built]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Figures
}

function median(rounds: Figures[], key: string): number | undefined {
  const figures = rounds.flatMap((round) => round[key] ?? []).sort((a, b) => a - b)
  return figures[figures.length >> 1]
}

/** Loads a library and counts once. */
async function start(library: Library, built: string): Promise<Count> {
  if (library === 'millrace') {
    const bundle = (name: string) => import(pathToFileURL(join(built, name)).href)
    const [{ createCounter }, { openRanks }] = await Promise.all([bundle('counter.mjs'), bundle('ranks.mjs')])
    const file = readFileSync(join(built, 'o200k_base.bin'))
    return createCounter(openRanks(new Uint8Array(file).buffer)).count
  }
  if (library === 'js-tiktoken') {
    const [{ Tiktoken }, ranks] = await Promise.all([
      import('js-tiktoken/lite'),
      import('js-tiktoken/ranks/o200k_base'),
    ])
    const tiktoken = new Tiktoken(ranks.default)
    return (text) => tiktoken.encode(text, [], []).length
  }
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base')
  return (text) => countTokens(text)
}

async function measureStart(library: Library, built: string) {
  const before = kept()
  const started = performance.now()
  const count = await start(library, built)
  count('Why is the sky blue?')
  const ready = performance.now() - started
  const memory = (kept() - before) / MEGABYTE
  count('')
  return { ready, memory }
}

function kept(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function measureSpeed(library: Library, built: string) {
  const count = await start(library, built)
  const result: Figures = {}
  for (const [name, text] of Object.entries({ prose: prose(), code: code() })) {
    // The first third warms up. The rest is new to the library, because some libraries remember what they
    // counted.
    const cold = Math.floor(text.length / 3)
    count(text.slice(0, cold))
    result[name] = (text.length - cold) / 1000 / time(() => count(text.slice(cold)))
  }
  for (const [name, { text, unfit }] of Object.entries(BAD)) {
    if (!(unfit as Library[]).includes(library)) result[name] = time(() => count(text))
  }
  return result
}

function time(run: () => unknown): number {
  const started = performance.now()
  run()
  return performance.now() - started
}

const modules = join(import.meta.dirname, '../../node_modules')
const read = (pattern: string) =>
  globSync(pattern, { cwd: modules })
    .sort()
    .map((path) => readFileSync(join(modules, path), 'utf8'))

/** The prose of packages' READMEs, without code. */
function prose(): string {
  return read('{*,@*/*}/README.md')
    .join('\n')
    .replaceAll(/```[\s\S]*?```|<[^>]*>|https?:\S*/g, '')
    .slice(0, MEGABYTE)
}

function code(): string {
  return read('{hono/dist,vite/dist/node,playwright-core/lib}/**/*.js')
    .filter((text) => text.length < 100_000)
    .join('\n')
    .slice(0, MEGABYTE)
}

export function table(rows: TokenRow[]): string {
  const figure = (value: number | undefined) => (value === undefined ? '–' : value.toPrecision(3))
  const lines = rows.map(({ name, unit, figures, goal }) => {
    const asked = goal ? `${goal.at === 'most' ? '≤' : '≥'} ${figure(goal.figure)}` : ''
    return [`${name}, ${unit}`, ...LIBRARIES.map((library) => figure(figures[library])), asked]
  })
  return [['', ...LIBRARIES, 'goal'], ['---', '--:', '--:', '--:', '--:'], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

if (import.meta.main) {
  const [what, library, built] = process.argv.slice(2) as [string?, Library?, string?]
  if (what === 'start' && library && built) console.log(JSON.stringify(await measureStart(library, built)))
  else if (what === 'speed' && library && built)
    console.log(JSON.stringify(await measureSpeed(library, built)))
  else console.log(table(await benchTokens()))
}
