/** Builds what is not yet built from the sources as they are, so that a second start has nothing to build. */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ROOT } from './bundle.ts'

export interface Part {
  name: string
  /** Files and folders that it is built from, and the folder it is built into, relative to the project. */
  inputs: readonly string[]
  output: string
  build(): Promise<unknown>
}

const SHARED = ['worker', 'scripts', 'package.json', 'package-lock.json']

/**
 * Each builder is imported when it is needed: the bundlers take longer to load than what is built to start.
 */
const PARTS: readonly Part[] = [
  {
    name: 'the page and widget',
    inputs: [...SHARED, 'client', 'dist/python'],
    output: 'dist/client',
    build: async () => (await import('./build-client.ts')).buildClient(),
  },
  {
    name: 'the Worker',
    inputs: [...SHARED, 'wrangler.toml'],
    output: 'dist/worker',
    build: async () => (await import('./bundle.ts')).bundleWorker(),
  },
]

/** Hears how the build goes: first with all parts that are to be built. */
export interface BuildWatch {
  began(parts: readonly string[]): void
  built(part: string, ms: number): void
}

/** @throws if a part can't be built */
export async function buildChanged(watch?: BuildWatch, parts = PARTS, root = ROOT): Promise<void> {
  const stale = parts.filter((part) => !isFresh(part, root))
  if (stale.length > 0) watch?.began(stale.map(({ name }) => name))
  await Promise.all(
    stale.map(async (part) => {
      const started = performance.now()
      // Sources that change during the build are not those that it was built from.
      const inputs = hashOf(part.inputs, root)
      const stamp = stampOf(part, root)
      rmSync(stamp, { force: true })
      await part.build()
      writeFileSync(stamp, stampText(part, inputs, root))
      watch?.built(part.name, performance.now() - started)
    }),
  )
}

/** Beside the output, which is emptied by a build. */
const stampOf = ({ output }: Part, root: string) => `${root}${output}.stamp`

/** The stamp covers the output too: other commands build into the same folder. */
const stampText = ({ output }: Part, inputs: string, root: string) => `${inputs}\n${hashOf([output], root)}\n`

function isFresh(part: Part, root: string): boolean {
  const stamp = stampOf(part, root)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === stampText(part, hashOf(part.inputs, root), root)
}

/** A hash of all files under these paths, of their names and contents. */
function hashOf(paths: readonly string[], root: string): string {
  const hash = createHash('sha256')
  const files = globSync(
    paths.flatMap((path) => [path, `${path}/**`]),
    { cwd: root, withFileTypes: true },
  )
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
  for (const file of files.sort()) {
    const bytes = readFileSync(file)
    hash.update(`${file.slice(root.length)}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}
