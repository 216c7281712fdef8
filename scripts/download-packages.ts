/** Downloads packages of Python, each checked against its hash. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import type { LockfilePackage } from 'pyodide'
import { withNeeded } from './python-packages.ts'

/** Source: Cloudflare, "Workers: Limits", static assets. */
const MAX_FILE_BYTES = 25 * 1024 * 1024
const DOWNLOAD_MS = 120_000

export interface Download {
  names: readonly string[]
  /** All that there are. */
  packages: Readonly<Record<string, LockfilePackage>>
  /** The address of the folder that has them. */
  from: string
  folder: string
  say(line: string): void
}

/**
 * @throws {Error} with what to do, at the first file that can't be had or is another one than it should be
 */
export async function downloadPackages({ names, packages, from, folder, say }: Download): Promise<void> {
  const wanted = withNeeded(names, packages)
  const base = new URL(from.endsWith('/') ? from : `${from}/`)
  await mkdir(folder, { recursive: true })
  for (const { name, version, file_name, sha256 } of wanted) {
    const path = `${folder}${file_name}`
    const kept = await readFile(path).catch(() => undefined)
    if (kept && hashOf(kept) === sha256) {
      say(`${name} ${version} is here`)
      continue
    }
    const bytes = await download(new URL(file_name, base))
    if (hashOf(bytes) !== sha256) {
      throw new Error(`${file_name} from ${base.host} is not the file that Pyodide lists: its hash differs.`)
    }
    if (bytes.length > MAX_FILE_BYTES) {
      throw new Error(`${file_name} is larger than the 25 MiB that Cloudflare serves as one file.`)
    }
    // A file that is here is whole.
    await writeFile(`${path}.part`, bytes)
    await rename(`${path}.part`, path)
    say(`${name} ${version}, ${(bytes.length / 1e6).toFixed(1)} MB`)
  }
}

async function download(url: URL): Promise<Uint8Array> {
  const from = `${url.host}${url.pathname}`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) })
    if (response.ok) return new Uint8Array(await response.arrayBuffer())
    throw new Error(`status ${response.status}`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${from} could not be downloaded: ${reason}. Another address: --from URL`, { cause })
  }
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
