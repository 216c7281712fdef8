/** Reads the documents of a folder. */
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { type Document, isDocument, readDocument, UnfitError } from './document.ts'

export interface Failed {
  path: string
  /** Completes a sentence that begins with the path. */
  reason: string
}

export interface Folder {
  documents: Document[]
  /** Files that are there, and can't be documents. */
  unfit: Failed[]
  /** How many files have other types, by their extension. */
  others: Map<string, number>
}

/**
 * Hidden files, `node_modules` and symbolic links are left alone: what a link inside of the folder leads to
 * is found by its own path.
 *
 * @param onRead called after each file
 * @throws {TypeError} if it is no folder
 */
export async function readFolder(root: string, onRead = () => {}): Promise<Folder> {
  const info = await stat(root).catch(() => undefined)
  if (info === undefined) throw new TypeError(`There is no folder ${root}.`)
  if (!info.isDirectory()) throw new TypeError(`${root} is no folder.`)
  const folder: Folder = { documents: [], unfit: [], others: new Map() }
  const paths = new Set<string>()
  for await (const name of filesIn(root, '')) {
    const path = name.normalize('NFC')
    if (!isDocument(path)) {
      const extension = extname(path).toLowerCase() || 'without extension'
      folder.others.set(extension, (folder.others.get(extension) ?? 0) + 1)
      continue
    }
    try {
      if (paths.has(path)) throw new UnfitError('has the same name as another file')
      paths.add(path)
      folder.documents.push(await readDocument(join(root, name), path))
    } catch (error) {
      folder.unfit.push({ path, reason: reasonOf(error) })
    }
    onRead()
  }
  return folder
}

async function* filesIn(root: string, below: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, below), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isFile()) yield path
    else if (entry.isDirectory() && entry.name !== 'node_modules') yield* filesIn(root, path)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof UnfitError) return error.message
  return `can't be read: ${error instanceof Error ? error.message : error}`
}
