/**
 * Keeps the conversations: over a reload, over the way from one page of a site to the next, and where it is so wished over
 * the browser's end. Each is kept by itself, so that tabs do not overwrite each other's; which one a tab is in is the tab's own.
 */
import { newKey } from '../../stream/open-stream.ts'
import type { Conversation } from './conversation.ts'
import { placeName, recordsOf } from './place.ts'
import { putRecord } from './put-record.ts'
import { readTurns } from './read-turns.ts'
import { type Heading, readHeading, readRecord, writeRecord } from './record.ts'
import { createShelf, type TextStore } from './shelf.ts'

/** While an answer grows, this often: it comes anew after a reload, this is for when it can't. */
const INTERVAL_MS = 1_000

/** What `newKey` makes. */
const ID = /^[0-9a-f]{32}$/

export interface KeptConversations {
  /**
   * The one that this tab is in: the one it was last in; with `local`, in a new tab, the latest; otherwise a new one. It is
   * the same object from call to call, unless another page has said something else in it, or gone on to another, since.
   */
  current(): Conversation
  /** The latest first. */
  list(): Listed[]
  /** Makes it the current one. @returns `undefined` if it is no longer there */
  open(id: string): Conversation | undefined
  /** Begins a new one, and makes it the current one. It is kept and listed from its first turn on. */
  start(): Conversation
  /**
   * Sets its `updatedAt`; and its `id`, where another tab has gone on with the same one otherwise: both are kept. Where
   * only the other one has gone on, nothing is written.
   *
   * @param when `soon`, for what changes many times a second
   */
  save(conversation: Conversation, when: 'now' | 'soon'): void
  /** Forgets it for good; where it is the current one, begins a new one. */
  remove(id: string): void
  /** Saves what was to be saved soon: for when the page is left. */
  flush(): void
  /**
   * @param listener told when another tab has changed the list, and of which conversation; `null`: of all
   * @returns what ends that
   */
  watch(listener: (id: string | null) => void): () => void
}

export interface Listed extends Heading {
  id: string
}

interface Options {
  /** `session`: this tab, until it is closed; `local`: this browser, until it is cleared; `none`: this page. */
  storage: 'session' | 'local' | 'none'
  /** The endpoint's origin: two widgets of two Workers on one site don't mix. */
  scope: string
  stores?: Stores
  /** The wall clock, in milliseconds. */
  now?: () => number
}

interface Stores {
  session(): TextStore
  local(): TextStore
  /** Where a `storage` event is heard of. */
  changes: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>
}

const BROWSER: Stores = { session: () => sessionStorage, local: () => localStorage, changes: globalThis }

/**
 * @example
 *   const kept = keepConversations({ storage: 'session', scope: 'https://millrace.example.com' })
 *   const conversation = kept.current()
 *   conversation.turns.push(turn)
 *   kept.save(conversation, 'now')
 *   addEventListener('pagehide', kept.flush)
 */
export function keepConversations({
  storage,
  scope,
  stores = BROWSER,
  now = Date.now,
}: Options): KeptConversations {
  const shelf = storage === 'none' ? createShelf() : createShelf(stores[storage])
  const tab = storage === 'none' ? shelf : createShelf(stores.session)
  const prefix = recordsOf(scope)
  const place = placeName(storage, scope)
  const waiting = new Set<Conversation>()
  const removed = new Set<string>()
  /** What stood in the store when the conversation was last read or written here. */
  const seen = new WeakMap<Conversation, string>()
  /** Those that were opened here: whoever comes back to one whose answer still comes finds the same object. */
  const opened = new Map<string, Conversation>()
  let held: Conversation | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  /** The conversation, unless it is nowhere: the very object, unless another page has said something else in it. */
  function look(id: string): Conversation | undefined {
    const mine = opened.get(id)
    const record = shelf.get(prefix + id)
    if (record === null || (mine && seen.get(mine) === record)) return mine
    const read = readRecord(id, record)
    if (!read) return mine
    const found = mine && saysTheSame(mine, read) ? mine : read
    seen.set(found, record)
    return found
  }

  function enter(conversation: Conversation): Conversation {
    held = conversation
    opened.set(conversation.id, conversation)
    tab.set(place, conversation.id)
    return conversation
  }

  function placeOf(): string | undefined {
    const id = tab.get(place) ?? ''
    return ID.test(id) ? id : held?.id
  }

  function current(): Conversation {
    const id = placeOf() ?? (storage === 'local' ? list()[0]?.id : undefined)
    const found = id === undefined ? undefined : look(id)
    // Nothing is written for a reader who has not asked anything: a site may owe them a question before it does.
    if (found) return found === held ? found : enter(found)
    held = fresh(id)
    opened.set(held.id, held)
    return held
  }

  function fresh(id = newKey()): Conversation {
    return { id, turns: [], updatedAt: now() }
  }

  function start(): Conversation {
    flush()
    return enter(fresh())
  }

  function isOurs(name: string): boolean {
    return name.startsWith(prefix) && ID.test(name.slice(prefix.length))
  }

  function list(): Listed[] {
    return shelf
      .names()
      .filter(isOurs)
      .map((name) => ({ id: name.slice(prefix.length), heading: readHeading(shelf.get(name) ?? '') }))
      .flatMap(({ id, heading }) => (heading ? [{ id, ...heading }] : []))
      .sort((one, other) => other.updatedAt - one.updatedAt)
  }

  function write(conversation: Conversation): void {
    if (removed.has(conversation.id)) return
    if (wentOnElsewhere(conversation)) {
      // A tab that only watched has nothing to add: the other one's word stands, and is seen here at the next look.
      if (!wentOnHere(conversation)) return
      opened.delete(conversation.id)
      conversation.id = newKey()
      opened.set(conversation.id, conversation)
    }
    const name = prefix + conversation.id
    const record = writeRecord(conversation)
    if (record === undefined) {
      shelf.remove(name)
      return
    }
    putRecord(shelf, { name, record, current: held && prefix + held.id })
    seen.set(conversation, record)
    if (conversation === held && tab.get(place) !== conversation.id) enter(conversation)
  }

  /** Whether something was asked there that is not known here: then mine may not take its place. */
  function wentOnElsewhere(conversation: Conversation): boolean {
    const record = shelf.get(prefix + conversation.id)
    if (record === null || record === seen.get(conversation)) return false
    // What was known and is no longer here was taken out here.
    const known = new Set([...questionsIn(conversation), ...questionsSeen(conversation)])
    return questionsIn(readRecord(conversation.id, record)).some((question) => !known.has(question))
  }

  function wentOnHere(conversation: Conversation): boolean {
    const known = new Set(questionsSeen(conversation))
    return questionsIn(conversation).some((question) => !known.has(question))
  }

  /** Those that stood in the store when it was last read or written here. */
  function questionsSeen(conversation: Conversation): string[] {
    return questionsIn(readRecord(conversation.id, seen.get(conversation) ?? ''))
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    for (const conversation of waiting) write(conversation)
    waiting.clear()
  }

  return {
    current,
    list,
    open(id) {
      flush()
      const found = look(id)
      return found && enter(found)
    },
    start,
    save(conversation, when) {
      conversation.updatedAt = now()
      if (when === 'soon') {
        waiting.add(conversation)
        timer ??= setTimeout(flush, INTERVAL_MS)
        return
      }
      waiting.delete(conversation)
      write(conversation)
    },
    remove(id) {
      // An answer that still comes must not bring it back.
      removed.add(id)
      opened.delete(id)
      shelf.remove(prefix + id)
      if (placeOf() === id) start()
    },
    flush,
    watch(listener) {
      if (storage !== 'local') return () => {}
      const heard = (event: Event) => {
        const { key } = event as StorageEvent
        // `null`: all was cleared.
        if (key === null) listener(null)
        else if (isOurs(key)) listener(key.slice(prefix.length))
      }
      stores.changes.addEventListener('storage', heard)
      return () => stores.changes.removeEventListener('storage', heard)
    },
  }
}

const questionsIn = (conversation: Conversation | undefined) =>
  (conversation?.turns ?? []).map(({ question }) => question)

/** Two tabs that watch the same answer may have seen it come at different speeds. */
function saysTheSame(one: Conversation, other: Conversation): boolean {
  // As read anew, so that the fields are in one order.
  const said = ({ turns }: Conversation) =>
    JSON.stringify(readTurns(turns).map(({ speed: _, pending, ...turn }) => ({ ...turn, id: pending?.id })))
  return said(one) === said(other)
}
