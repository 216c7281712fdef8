/**
 * Packs js-tiktoken's rank files into flat binaries that a Worker imports as data and a page fetches:
 * `node scripts/pack-ranks.ts [folder]`, by default dist/ranks. The layout is worker/tokens/rank-file.ts.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import cl100k_base from 'js-tiktoken/ranks/cl100k_base'
import o200k_base from 'js-tiktoken/ranks/o200k_base'
import { BLANK, CASELESS, LOWER, MARK, NEWLINE, NUMBER, OTHER, UPPER } from '../worker/tokens/char-classes.ts'
import { type Encoding, SPLITS } from '../worker/tokens/pre-tokens.ts'
import { hash, newFile, PAGE, PAGES, sections } from '../worker/tokens/rank-file.ts'

/**
 * Average tokens in a bucket. Fewer are searched faster, more make a smaller file; from 4 to 16 it hardly
 * matters.
 */
const TOKENS_A_BUCKET = 12

const SOURCES = { o200k_base, cl100k_base }

/** @returns the packed file. @throws if the source lacks something that the counter relies on */
export function packRanks(encoding: Encoding): ArrayBuffer {
  const tokens = readTokens(SOURCES[encoding].bpe_ranks)
  check(tokens)
  const bucketBits = Math.round(Math.log2(tokens.length / TOKENS_A_BUCKET))
  const buckets = Array.from({ length: 2 ** bucketBits }, (): number[] => [])
  const tokenOf = (rank: number) => tokens[rank] as Buffer
  tokens.forEach((token, rank) => {
    buckets[hash(token, 0, token.length) & (buckets.length - 1)]?.push(rank)
  })
  const ranks = buckets.flat()
  const text = Buffer.concat(ranks.map(tokenOf))
  const { pages, classes } = classPages()

  const shape = {
    tokens: ranks.length,
    bucketBits,
    longest: Math.max(...new Set(tokens.map((token) => token.length))),
    text: text.length,
    pages: classes.length / PAGE,
    split: SPLITS.findIndex((split) => split.encoding === encoding),
  }
  const file = newFile(shape)
  const into = sections(file, shape)
  into.low.set(ranks)
  buckets.forEach((bucket, i) => {
    into.firsts[i + 1] = (into.firsts[i] as number) + bucket.length
    into.offsets[i + 1] = bucket.reduce((end, rank) => end + tokenOf(rank).length, into.offsets[i] as number)
  })
  into.high.set(ranks.map((rank) => rank >>> 16))
  into.lengths.set(ranks.map((rank) => tokenOf(rank).length))
  into.text.set(text)
  into.pages.set(pages)
  into.classes.set(classes)
  return file
}

/** js-tiktoken's lines are `! <first rank> <base64> <base64> …`. */
function readTokens(lines: string): Buffer[] {
  const tokens: Buffer[] = []
  for (const line of lines.split('\n').filter(Boolean)) {
    const [, first, ...encoded] = line.split(' ')
    encoded.forEach((token, i) => {
      tokens[Number(first) + i] = Buffer.from(token, 'base64')
    })
  }
  return tokens
}

function check(tokens: readonly (Buffer | undefined)[]): void {
  const singles = new Set<number>()
  for (const [rank, token] of tokens.entries()) {
    if (!token) throw new Error(`Rank ${rank} is missing: the file has no place for holes`)
    if (token.length === 0 || token.length > 255) throw new Error(`Rank ${rank} has ${token.length} bytes`)
    if (token.length === 1) singles.add(token[0] as number)
  }
  // js-tiktoken would count no token for a byte that is not one itself; this counter would count one.
  if (singles.size !== 256) throw new Error(`Only ${singles.size} of 256 single bytes are tokens`)
}

/** The class of each code point, in pages of 256; equal pages are stored once (188 instead of 4,352). */
function classPages(): { pages: number[]; classes: Buffer } {
  const distinct = new Map<string, number>()
  const pages = Array.from({ length: PAGES }, (_, page) => {
    const classes = Buffer.from(Array.from({ length: PAGE }, (_, i) => classOf(page * PAGE + i)))
    const key = classes.toString('latin1')
    const index = distinct.get(key) ?? distinct.size
    distinct.set(key, index)
    return index
  })
  if (distinct.size > 256) throw new Error(`${distinct.size} pages of classes: a byte can't number them`)
  return { pages, classes: Buffer.from([...distinct.keys()].join(''), 'latin1') }
}

function classOf(codePoint: number): number {
  const character = String.fromCodePoint(codePoint)
  // Most code points are in no class: one test instead of seven.
  if (!/[\s\p{L}\p{M}\p{N}]/u.test(character)) return OTHER
  return CLASSES.find(([pattern]) => pattern.test(character))?.[1] ?? OTHER
}

const CLASSES: readonly [RegExp, number][] = [
  [/[\r\n]/, NEWLINE],
  [/\s/, BLANK],
  [/[\p{Lu}\p{Lt}]/u, UPPER],
  [/\p{Ll}/u, LOWER],
  [/\p{L}/u, CASELESS],
  [/\p{M}/u, MARK],
  [/\p{N}/u, NUMBER],
]

/** Whether the files exist and are newer than their sources. Each build checks it. */
async function isFresh(folder: string): Promise<boolean> {
  const changed = async (path: string) => (await stat(path)).mtimeMs
  const here = import.meta.dirname
  const tokens = join(here, '../worker/tokens')
  const sources = ['char-classes.ts', 'pre-tokens.ts', 'rank-file.ts'].map((name) => join(tokens, name))
  const made = SPLITS.map(({ encoding }) => join(folder, `${encoding}.bin`))
  sources.push(import.meta.filename, join(here, '../package-lock.json'))
  try {
    const youngest = Math.max(...(await Promise.all(sources.map(changed))))
    return Math.min(...(await Promise.all(made.map(changed)))) > youngest
  } catch {
    return false
  }
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist/ranks'))
  if (await isFresh(folder)) process.exit()
  await mkdir(folder, { recursive: true })
  for (const { encoding } of SPLITS) {
    const file = Buffer.from(packRanks(encoding))
    await writeFile(join(folder, `${encoding}.bin`), file)
    console.log(`${encoding}.bin: ${file.length} bytes, ${gzipSync(file, { level: 9 }).length} with gzip`)
  }
}
