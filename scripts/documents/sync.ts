/**
 * Brings a vector store to what a folder has: uploads what is missing, removes what is gone, and replaces
 * what has changed without a moment in which the document can't be found.
 *
 * Nothing is kept on this machine. What to do comes from the store alone, where each file has its document's
 * path and hash as attributes. So a run may end anywhere, and the next one, on any machine, does the rest.
 * Files without the mark of these documents are not touched.
 */

import { sleep } from '../../worker/sleep.ts'
import { type Api, attempts, FatalError, RequestError, type Store, type StoreFile } from './api.ts'
import { contentOf, UnfitError } from './document.ts'
import type { Folder } from './folder.ts'
import { ANNOUNCED_AT_ONCE, announce, deleteLostUploads, hasAnnounced } from './lost-uploads.ts'
import { pageOf, type Site } from './page.ts'
import { MARK, type Plan, pathOf, plan, type Wanted } from './plan.ts'
import { createStore, findStore, storeById } from './store.ts'

/** Requests at a time. */
const LANES = 4
/** So many files in a row without an answer mean that none will come. */
const MAX_UNANSWERED = 3
const FIRST_POLL_MS = 500
const LONGEST_POLL_MS = 5000
/** How long no file may make progress before the run ends without waiting for the rest. */
const STALLED_MS = 600_000

export interface SyncOptions {
  folder: Folder
  /** The name of the documents: of their store, and of their files in it. */
  name: string
  /** The id of a store; otherwise it is found by the name, or created. */
  store: string | undefined
  site: Site | undefined
  /** Only says what it would do. */
  dryRun: boolean
  /** Removes all files even if the folder has none of them. */
  replaceAll: boolean
  api: Api
  on: Progress
  firstPollMs?: number
}

export interface Progress {
  /** A part of the work begins. */
  begins(what: string, count: number): void
  /** A file of that part is done, or failed. */
  file(what: string, path: string): void
}

export interface Outcome {
  /** `undefined`: it would have to be created. */
  store: string | undefined
  /** Paths of new documents, and of changed ones. */
  added: string[]
  replaced: string[]
  /** Paths that are in the folder no more. */
  deleted: string[]
  unchanged: number
  /** Uploads of interrupted runs that were deleted from the account. */
  lost: number
  /** Why, by path. */
  failed: Map<string, string>
}

/** @throws {FatalError | RequestError} if it can't go on; the next run does the rest */
export async function sync(options: SyncOptions): Promise<Outcome> {
  const { folder, name, api, on } = options
  const wanted = folder.documents.map((document): Wanted => {
    const { path, sha256 } = document
    return { document, attributes: { [MARK]: name, path, sha256, ...pageOf(document, options.site) } }
  })
  const failed = new Map(folder.unfit.map(({ path, reason }) => [path, reason]))
  const unfit = new Set(failed.keys())

  let store = options.store === undefined ? await findStore(api, name) : await storeById(api, options.store)
  const all = store === undefined ? [] : await Array.fromAsync(api.storeFiles(store.id))
  const before = all.filter((file) => isOurs(file, name))
  const had = new Set(before.map(pathOf))
  const has = new Set([...wanted.map(({ document }) => document.path), ...unfit])
  if (!options.replaceAll) checkFolder(name, had, has)

  const first = plan(wanted, unfit, before)
  const outcome = (lost: number): Outcome => {
    const uploaded = new Set(first.upload.map(({ document }) => document.path))
    const worked = [...has].filter((path) => !failed.has(path))
    return {
      store: store?.id,
      added: worked.filter((path) => uploaded.has(path) && !had.has(path)),
      replaced: worked.filter((path) => uploaded.has(path) && had.has(path)),
      deleted: [...had].filter((path) => !has.has(path)),
      unchanged: worked.filter((path) => !uploaded.has(path)).length,
      lost,
      failed,
    }
  }
  if (options.dryRun || (store === undefined && wanted.length === 0)) return outcome(0)

  store ??= await createStore(api, name)
  const uploads = new Uploads(api, store, on, failed)
  const known = all.map(({ id }) => id)
  let lost = hasAnnounced(store) ? await deleteLostUploads(api, store, new Set(known)) : 0
  await remove(api, store, on, first.remove)
  await relabel(api, store, on, first)
  lost += await uploads.run(first.upload, known)
  if (hasAnnounced(store)) await announce(api, store, [])

  const waiting = new Map(uploads.attached)
  for (const file of first.current) if (file.status === 'in_progress') waiting.set(file.id, pathOf(file))
  if (waiting.size > 0) {
    const after = await processed(options, store, waiting)
    await remove(api, store, on, plan(wanted, unfit, after).remove)
    noteFailures(after, waiting, failed)
  }
  return outcome(lost)
}

const isOurs = ({ attributes }: StoreFile, name: string) => attributes[MARK] === name

/** Stops before the wrong folder, or one that isn't mounted, empties the store. */
function checkFolder(name: string, had: ReadonlySet<string>, has: ReadonlySet<string>): void {
  if (had.size > 0 && had.isDisjointFrom(has)) {
    throw new FatalError(
      `The folder has none of the ${had.size} documents that are stored as "${name}". If it is the right one, ` +
        'add --replace-all; if not, give its documents another --name.',
    )
  }
  if (has.size === 0) throw new FatalError('The folder has no Markdown, text, HTML or PDF files.')
}

/** Uploads documents and puts them into the store. */
class Uploads {
  /** The files that it has put into the store: their paths by their ids. */
  readonly attached = new Map<string, string>()
  /** Whether an upload may have been carried out without an answer. */
  #uncertain = false
  #unanswered = 0
  readonly #api: Api
  readonly #store: Store
  readonly #on: Progress
  readonly #failed: Map<string, string>

  constructor(api: Api, store: Store, on: Progress, failed: Map<string, string>) {
    this.#api = api
    this.#store = store
    this.#on = on
    this.#failed = failed
  }

  /**
   * @param known ids of files that were in the store before
   * @returns how many of its own lost uploads it has deleted
   */
  async run(wanted: readonly Wanted[], known: readonly string[]): Promise<number> {
    if (wanted.length > 0) this.#on.begins('Uploading', wanted.length)
    let lost = 0
    for (let from = 0; from < wanted.length; from += ANNOUNCED_AT_ONCE) {
      const group = wanted.slice(from, from + ANNOUNCED_AT_ONCE)
      await announce(
        this.#api,
        this.#store,
        group.map(({ document }) => document),
      )
      this.#uncertain = false
      await inLanes(group, (one) => this.#upload(one))
      if (!this.#uncertain) continue
      lost += await deleteLostUploads(this.#api, this.#store, new Set([...known, ...this.attached.keys()]))
    }
    return lost
  }

  async #upload({ document, attributes }: Wanted): Promise<void> {
    try {
      const { id } = await attempts(this.#api.signal, (attempt) => this.#send(document, attempt))
      await this.#attach(id, attributes)
      this.attached.set(id, document.path)
      this.#unanswered = 0
      this.#on.file('uploaded', document.path)
    } catch (error) {
      if (!(error instanceof RequestError || error instanceof UnfitError)) throw error
      this.#failed.set(document.path, error.message)
      this.#on.file('failed', document.path)
      if (error instanceof UnfitError || error.retryInMs === undefined) this.#unanswered = 0
      else if (++this.#unanswered >= MAX_UNANSWERED) {
        throw new FatalError(`Given up after ${MAX_UNANSWERED} files in a row: ${error.message}`)
      }
    }
  }

  async #send(document: Wanted['document'], attempt: number): Promise<{ id: string }> {
    try {
      return await this.#api.upload({ ...document, content: contentOf(document) }, attempt)
    } catch (error) {
      this.#uncertain = true
      throw error
    }
  }

  async #attach(id: string, attributes: Wanted['attributes']): Promise<void> {
    try {
      await this.#api.attach(this.#store.id, id, attributes)
    } catch (error) {
      // It is in no store, unless only the answer was lost.
      this.#uncertain = true
      throw error
    }
  }
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  let stopped = false
  const lane = async () => {
    for (const item of rest) {
      if (stopped) return
      try {
        await work(item)
      } catch (error) {
        stopped = true
        throw error
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane))
  for (const { status, ...end } of lanes) {
    if (status === 'rejected' && 'reason' in end) throw end.reason
  }
}

/** Deletes files from the account, then from the store: the mark is the last to go, so none is forgotten. */
async function remove(api: Api, store: Store, on: Progress, files: readonly StoreFile[]): Promise<void> {
  if (files.length > 0) on.begins('Removing', files.length)
  await inLanes(files, async (file) => {
    await api.deleteFile(file.id)
    await api.detach(store.id, file.id)
    on.file('removed', pathOf(file))
  })
}

async function relabel(api: Api, store: Store, on: Progress, { relabel }: Plan): Promise<void> {
  if (relabel.length > 0) on.begins('Updating addresses and titles', relabel.length)
  await inLanes(relabel, async ({ file, attributes }) => {
    await api.setAttributes(store.id, file.id, attributes)
    on.file('updated', pathOf(file))
  })
}

/**
 * Waits until these files are processed.
 *
 * @returns all files of these documents, as they are then
 */
async function processed(
  options: SyncOptions,
  store: Store,
  waiting: ReadonlyMap<string, string>,
): Promise<StoreFile[]> {
  const { api, name, on, firstPollMs = FIRST_POLL_MS } = options
  const pending = new Set(waiting.keys())
  on.begins('Processing', pending.size)
  let changedAt = Date.now()
  for (let waitMs = firstPollMs; ; waitMs = Math.min(LONGEST_POLL_MS, waitMs * 1.5)) {
    const files = (await Array.fromAsync(api.storeFiles(store.id))).filter((file) => isOurs(file, name))
    for (const file of files) {
      if (file.status === 'in_progress' || !pending.delete(file.id)) continue
      changedAt = Date.now()
      on.file(file.status === 'completed' ? 'processed' : 'failed', pathOf(file))
    }
    if (pending.size === 0 || Date.now() - changedAt > STALLED_MS) return files
    await sleep(waitMs, api.signal)
    api.signal.throwIfAborted()
  }
}

function noteFailures(
  after: readonly StoreFile[],
  waiting: ReadonlyMap<string, string>,
  failed: Map<string, string>,
): void {
  const byId = new Map(after.map((file) => [file.id, file]))
  for (const [id, path] of waiting) {
    const file = byId.get(id)
    if (file?.status === 'completed' || failed.has(path)) continue
    failed.set(path, file === undefined ? 'was taken out of the store meanwhile' : whyFailed(file))
  }
}

function whyFailed({ status, lastError }: StoreFile): string {
  if (status === 'in_progress') return 'is still being processed; run the command again later'
  return lastError === undefined
    ? `could not be processed (${status})`
    : `could not be processed (${lastError.code}): ${lastError.message}`
}
