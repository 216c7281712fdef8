/** Compares a folder with its files in a vector store. Pure. */
import type { Attributes, StoreFile } from './api.ts'
import type { Document } from './document.ts'

/**
 * Marks what this command has put into an account: an attribute of a file, and metadata of a store. Its value
 * is the name of the documents, so that two folders can share a store.
 */
export const MARK = 'millrace'

/** A document and the attributes that its file in the store shall have. */
export interface Wanted {
  document: Document
  attributes: Attributes
}

export interface Plan {
  /** Documents of which the store has no such file, nor is it being processed. */
  upload: Wanted[]
  /** Files whose content is right, and whose attributes are not. */
  relabel: { file: StoreFile; attributes: Attributes }[]
  /**
   * Files to delete: their document is gone, has a completed successor, or they failed. A completed
   * file stays until its successor is completed.
   */
  remove: StoreFile[]
  /** Files in use. */
  current: StoreFile[]
}

export const pathOf = ({ attributes }: StoreFile) => String(attributes.path)

/**
 * @param unfit paths whose file in the folder can't be uploaded: the store keeps what it has
 * @param files those with the mark
 */
export function plan(
  wanted: readonly Wanted[],
  unfit: ReadonlySet<string>,
  files: readonly StoreFile[],
): Plan {
  const result: Plan = { upload: [], relabel: [], remove: [], current: [] }
  const byPath = Map.groupBy(files, pathOf)
  for (const one of wanted) {
    const { path, sha256 } = one.document
    const all = byPath.get(path) ?? []
    byPath.delete(path)
    const same = all.filter(({ attributes }) => attributes.sha256 === sha256)
    const current = first(same, 'completed') ?? first(same, 'in_progress')
    if (current === undefined) result.upload.push(one)
    else {
      result.current.push(current)
      const attributes = relabelled(current.attributes, one.attributes)
      if (attributes !== undefined) result.relabel.push({ file: current, attributes })
    }
    const others = all.filter((file) => file !== current)
    result.remove.push(...(current?.status === 'completed' ? others : others.filter(isSpent)))
  }
  for (const [path, all] of byPath) {
    if (!unfit.has(path)) result.remove.push(...all)
    else {
      result.remove.push(...all.filter(isSpent))
      result.current.push(...all.filter((file) => !isSpent(file)))
    }
  }
  return result
}

const isSpent = ({ status }: StoreFile) => status === 'failed' || status === 'cancelled'

/** @returns the oldest, so that two machines choose the same */
function first(files: readonly StoreFile[], status: StoreFile['status']): StoreFile | undefined {
  return files
    .filter((file) => file.status === status)
    .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))[0]
}

/** Attributes of this command: they are removed where a document has them no more. */
const OURS = [MARK, 'path', 'sha256', 'url', 'title']

/** @returns `undefined` if nothing changes; attributes of others are kept */
function relabelled(now: Attributes, wanted: Attributes): Attributes | undefined {
  if (OURS.every((name) => now[name] === wanted[name])) return undefined
  const others = Object.entries(now).filter(([name]) => !OURS.includes(name))
  return { ...Object.fromEntries(others), ...wanted }
}
