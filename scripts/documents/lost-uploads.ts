/**
 * Finds uploads that were never put into a store, and deletes them.
 *
 * A file is uploaded to the account first and put into the store with a second request. A run that ends
 * between the two, or never sees the answer to the first, leaves a file that has no mark: files of an account
 * have only a name and a size. So the store's metadata says beforehand which uploads are about to begin, and
 * since when. A later run takes a file of the account for a lost upload if
 *
 * - its name and size are among those that were announced
 * - it is no older than the announcement
 * - it is in no vector store of the account
 */
import { createHash } from 'node:crypto'
import type { AccountFile, Api, Store } from './api.ts'
import type { Document } from './document.ts'

/** The key in the store's metadata. */
const KEY = 'millrace_uploads'
/** OpenAI's bound of a value of metadata. */
const MAX_VALUE = 512
/** 48 bits, in base64url. */
const PRINT_CHARS = 8
/** Files are dated in whole seconds, perhaps by another machine of the server's. */
const SLACK_SECONDS = 60

/** The most uploads that one value can announce, after ten digits and a space. */
export const ANNOUNCED_AT_ONCE = Math.floor((MAX_VALUE - 11) / PRINT_CHARS)

/** Announces these uploads in place of those before, which must have ended. An empty list: none. */
export async function announce(api: Api, store: Store, documents: readonly Document[]): Promise<void> {
  const prints = documents.map(({ filename, bytes }) => fingerprint(filename, bytes))
  const value = prints.length === 0 ? '' : `${api.serverSeconds()} ${prints.join('')}`
  // The map is replaced as a whole.
  store.metadata = { ...store.metadata, [KEY]: value }
  await api.setMetadata(store.id, store.metadata)
}

export const hasAnnounced = (store: Store) => Boolean(store.metadata[KEY])

/**
 * @param known ids of files that are in the store
 * @returns how many uploads it has deleted
 */
export async function deleteLostUploads(api: Api, store: Store, known: ReadonlySet<string>): Promise<number> {
  const [since = '', prints = ''] = (store.metadata[KEY] ?? '').split(' ')
  const announced = new Set(prints.match(new RegExp(`.{${PRINT_CHARS}}`, 'g')))
  const candidates: AccountFile[] = []
  for await (const file of api.files()) {
    if (file.createdAt < Number(since) - SLACK_SECONDS) break
    if (known.has(file.id) || !announced.has(fingerprint(file.filename, file.bytes))) continue
    candidates.push(file)
  }
  if (candidates.length === 0) return 0
  const stores = await Array.fromAsync(api.stores())
  let deleted = 0
  for (const { id } of candidates) {
    if (await isInAny(api, stores, id)) continue
    await api.deleteFile(id)
    deleted++
  }
  return deleted
}

async function isInAny(api: Api, stores: readonly Store[], file: string): Promise<boolean> {
  for (const store of stores) {
    if (await api.isIn(store.id, file)) return true
  }
  return false
}

/** Of the name without its folders, because a server may drop those. */
function fingerprint(filename: string, bytes: number): string {
  const name = filename.slice(filename.lastIndexOf('/') + 1)
  return createHash('sha256').update(`${name}\0${bytes}`).digest('base64url').slice(0, PRINT_CHARS)
}
