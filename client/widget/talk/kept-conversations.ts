/**
 * Stores the conversations: across reloads, across the pages of a site, and with `local` storage across
 * browser restarts.
 *
 * - Each conversation is a record of its own, so tabs don't overwrite each other's.
 * - Which conversation a tab shows is stored for each tab.
 * - If two tabs have continued the same conversation, both versions are kept: the one saved later gets a new
 *   id.
 */
import { newKey } from '../../stream/open-stream.ts'
import { type Conversation, firstTitle, passedTurn, shortLine } from './conversation.ts'
import { putRecord } from './put-record.ts'
import { readTurns } from './read-turns.ts'
import { type RecordHeading, readHeading, readRecord, writeRecord } from './record.ts'
import { createShelf, type TextStore } from './shelf.ts'
import { currentKey, recordPrefix } from './storage-names.ts'

/**
 * Least time between two saves while an answer grows. A reload normally reads the answer again from the
 * server.
 */
const INTERVAL_MS = 1_000

/** The form of `newKey`'s results. */
const ID = /^[0-9a-f]{32}$/

export interface KeptConversations {
  /**
   * The conversation that this tab shows: the one it showed last; else with `local` the latest one; else a
   * new one. Returns the same object each time, unless another page has changed the conversation, or shown
   * another one, since.
   */
  current(): Conversation
  /**
   * The latest first.
   *
   * @param isWanted as `Finds`; omitted for all
   */
  list(isWanted?: Finds): Listed[]
  /** Makes it the current one. @returns `undefined` if it was deleted */
  open(id: string): Conversation | undefined
  /**
   * Begins a new conversation and makes it the current one. It is stored and listed from its first turn on.
   */
  start(): Conversation
  /**
   * Saves the conversation and sets its `updatedAt`. If another tab has continued it too, both versions are
   * kept, and this one gets a new `id`. If only the other tab has continued it, nothing is written.
   *
   * @param when `soon` for changes that come many times a second
   */
  save(conversation: Conversation, when: 'now' | 'soon'): void
  /** Whether the browser did not store it when it was saved last, so that it is in memory only. */
  isRefused(conversation: Conversation): boolean
  /**
   * Gives the conversation a title, also for the other tabs. An empty one stands for that of the first
   * question.
   */
  rename(id: string, title: string): void
  /** Deletes the conversation. If it is the current one, begins a new one. */
  remove(id: string): void
  /** Writes what is due `soon`. Call it when the page is left. */
  flush(): void
  /**
   * @param listener called with the id of a conversation that another tab has changed; `null` means all
   * @returns a function that stops watching
   */
  watch(listener: (id: string | null) => void): () => void
}

/**
 * Whether a conversation is what is searched for.
 *
 * @param version changes with the conversation
 * @param text its title and all that is said in it
 */
export type Finds = (id: string, version: string, text: () => string) => boolean

export interface Listed extends RecordHeading {
  id: string
}

interface KeepOptions {
  /**
   * `session`: this tab, until it is closed. `local`: this browser, until it is cleared. `none`: this page.
   */
  storage: 'session' | 'local' | 'none'
  /** The endpoint's origin, which keeps apart the conversations of several Workers on one site. */
  scope: string
  stores?: Stores
  /** Wall clock, in milliseconds. */
  now?: () => number
}

interface Stores {
  session(): TextStore
  local(): TextStore
  /** The target of `storage` events. */
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
}: KeepOptions): KeptConversations {
  const shelf = storage === 'none' ? createShelf() : createShelf(stores[storage])
  const tab = storage === 'none' ? shelf : createShelf(stores.session)
  const prefix = recordPrefix(scope)
  const tabKey = currentKey(storage, scope)
  const waiting = new Set<Conversation>()
  const removed = new Set<string>()
  /** The record in the store when the conversation was last read or written here. */
  const seen = new WeakMap<Conversation, string>()
  /** The last question that was asked here, until a record of another tab has it. */
  const unknownElsewhere = new WeakMap<Conversation, string>()
  /**
   * Conversations opened on this page: opening one again, while its answer is in progress, returns the same
   * object.
   */
  const opened = new Map<string, Conversation>()
  let shown: Conversation | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Finds the conversation: the object opened here, unless another page has changed the record since. */
  function find(id: string): Conversation | undefined {
    const openedHere = opened.get(id)
    const record = shelf.get(prefix + id)
    if (record === null || (openedHere && seen.get(openedHere) === record)) return openedHere
    const read = readRecord(id, record)
    if (!read) return openedHere
    const found = openedHere && hasSameContent(openedHere, read) ? openedHere : read
    setTitle(found, read.title)
    seen.set(found, record)
    // The other tab may have written before it saw an answer that came here.
    if (openedHere && found !== openedHere && takeAnswers(found, openedHere)) put(found)
    return found
  }

  function enter(conversation: Conversation): Conversation {
    shown = conversation
    opened.set(conversation.id, conversation)
    tab.set(tabKey, conversation.id)
    return conversation
  }

  function currentId(): string | undefined {
    const id = tab.get(tabKey) ?? ''
    return ID.test(id) ? id : shown?.id
  }

  function current(): Conversation {
    if (shown && isOverwritten(shown)) write(shown)
    const id = currentId() ?? (storage === 'local' ? list()[0]?.id : undefined)
    const found = id === undefined ? undefined : find(id)
    // Nothing is written before the first question: a site may need the reader's consent for storage.
    if (found) return found === shown ? found : enter(found)
    shown = fresh(id)
    opened.set(shown.id, shown)
    return shown
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

  function list(isWanted?: Finds): Listed[] {
    return shelf
      .names()
      .filter(isOurs)
      .map((name) => ({ id: name.slice(prefix.length), record: shelf.get(name) ?? '' }))
      .filter(({ id, record }) => isWanted?.(id, record, () => textOf(record)) ?? true)
      .map(({ id, record }) => ({ id, heading: readHeading(record) }))
      .flatMap(({ id, heading }) => (heading ? [{ id, ...heading }] : []))
      .sort((one, other) => other.updatedAt - one.updatedAt)
  }

  function write(conversation: Conversation): void {
    if (removed.has(conversation.id)) return
    if (continuedElsewhere(conversation)) {
      if (!continuedHere(conversation) && !isOverwritten(conversation)) {
        // The other tab's version stays, and is read here next. It may lack an answer that came here.
        const theirs = readRecord(conversation.id, shelf.get(prefix + conversation.id) ?? '')
        if (theirs && takeAnswers(theirs, conversation)) put(theirs)
        return
      }
      opened.delete(conversation.id)
      conversation.id = newKey()
      opened.set(conversation.id, conversation)
    }
    takeTitle(conversation)
    const record = shelf.get(prefix + conversation.id)
    const theirs = record === seen.get(conversation) ? undefined : readRecord(conversation.id, record ?? '')
    // What is taken over is shown when the conversation is read again.
    if (theirs && takeAnswers(conversation, theirs)) opened.delete(conversation.id)
    put(conversation)
  }

  function put(conversation: Conversation): void {
    const name = prefix + conversation.id
    const record = writeRecord(conversation)
    if (record === undefined) {
      shelf.remove(name)
      return
    }
    const last = questionsIn(conversation).at(-1)
    const isNoted = last === undefined || last === unknownElsewhere.get(conversation)
    if (!isNoted && !questionsSeen(conversation).includes(last)) unknownElsewhere.set(conversation, last)
    putRecord(shelf, { name, record, current: shown && prefix + shown.id })
    seen.set(conversation, record)
    const isCurrent = tab.get(tabKey) === conversation.id && !tab.isMemoryOnly(tabKey)
    if (conversation === shown && !isCurrent) enter(conversation)
  }

  /** Takes over the title that another tab has given the conversation since. */
  function takeTitle(conversation: Conversation): void {
    const { id } = conversation
    const [record, before] = [shelf.get(prefix + id), seen.get(conversation)]
    if (record === null || before === undefined || record === before) return
    const theirs = readRecord(id, record)?.title
    if (theirs !== readRecord(id, before)?.title) setTitle(conversation, theirs)
  }

  /**
   * Whether another tab has written the record since. Of two tabs that read one answer, the slower must not
   * overwrite an answer that has ended with one that is still growing. (An end is written in any case.)
   */
  function isOutdated(conversation: Conversation): boolean {
    const record = shelf.get(prefix + conversation.id)
    return record !== null && seen.has(conversation) && record !== seen.get(conversation)
  }

  /** Whether the record has a question that is not known here, and so must not be overwritten. */
  function continuedElsewhere(conversation: Conversation): boolean {
    const record = shelf.get(prefix + conversation.id)
    if (record === null || record === seen.get(conversation)) return false
    // A question that was seen but is not in the conversation any more was removed here.
    const known = new Set([...questionsIn(conversation), ...questionsSeen(conversation)])
    return questionsIn(readRecord(conversation.id, record)).some((question) => !known.has(question))
  }

  function continuedHere(conversation: Conversation): boolean {
    const known = new Set(questionsSeen(conversation))
    return questionsIn(conversation).some((question) => !known.has(question))
  }

  /**
   * Whether another tab has put its record in place of one with a question of this page, without having seen
   * it. A browser may show a tab for a moment what the store was before.
   */
  function isOverwritten(conversation: Conversation): boolean {
    const record = shelf.get(prefix + conversation.id)
    const unknown = unknownElsewhere.get(conversation)
    if (record === null || record === seen.get(conversation) || unknown === undefined) return false
    // What another tab has had and has no more, it has removed.
    if (!questionsIn(readRecord(conversation.id, record)).includes(unknown))
      return questionsIn(conversation).includes(unknown)
    unknownElsewhere.delete(conversation)
    return false
  }

  /** The questions of the record that was last read or written here. */
  function questionsSeen(conversation: Conversation): string[] {
    return questionsIn(readRecord(conversation.id, seen.get(conversation) ?? ''))
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    for (const conversation of waiting) {
      if (!isOutdated(conversation)) write(conversation)
    }
    waiting.clear()
  }

  return {
    current,
    list,
    open(id) {
      flush()
      const found = find(id)
      return found && enter(found)
    },
    start,
    isRefused: ({ id }) => storage !== 'none' && shelf.isMemoryOnly(prefix + id),
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
    rename(id, title) {
      flush()
      const conversation = find(id)
      if (!conversation) return
      const line = shortLine(title)
      setTitle(conversation, line === firstTitle(conversation.turns) ? '' : line)
      put(conversation)
    },
    remove(id) {
      // Keeps an answer in progress from storing the conversation again.
      removed.add(id)
      opened.delete(id)
      shelf.remove(prefix + id)
      if (currentId() === id) start()
    },
    flush,
    watch(listener) {
      if (storage !== 'local') return () => {}
      const onStorage = (event: Event) => {
        const { key } = event as StorageEvent
        // `null`: the store was cleared.
        if (key === null) listener(null)
        else if (isOurs(key)) listener(key.slice(prefix.length))
      }
      stores.changes.addEventListener('storage', onStorage)
      return () => stores.changes.removeEventListener('storage', onStorage)
    },
  }
}

/**
 * Two tabs that ask at once each keep a question whose answer only the other tab receives.
 *
 * @returns whether the other version has more of such an answer, which was taken over
 */
function takeAnswers(conversation: Conversation, other: Conversation): boolean {
  let taken = false
  for (const [index, turn] of conversation.turns.entries()) {
    const theirs = other.turns[index]
    const isCut = turn.end === 'failed' && !turn.pending && !turn.trouble
    if (!isCut || theirs?.question !== turn.question) continue
    const { answer } = passedTurn(theirs)
    if (answer.length <= turn.answer.length || !answer.startsWith(turn.answer)) continue
    delete turn.end
    Object.assign(turn, passedTurn(theirs))
    taken = true
  }
  return taken
}

function setTitle(conversation: Conversation, title: string | undefined): void {
  if (title) conversation.title = title
  else delete conversation.title
}

/** All that is said in a stored conversation, and its title. */
function textOf(record: string): string {
  const texts = readRecord('', record)?.turns.flatMap(({ question, answer }) => [question, answer]) ?? []
  return [readHeading(record)?.title, ...texts].join('\n')
}

const questionsIn = (conversation: Conversation | undefined) =>
  (conversation?.turns ?? []).map(({ question }) => question)

/** Whether two versions have the same content. Speeds are ignored: two tabs can measure different ones. */
function hasSameContent(one: Conversation, other: Conversation): boolean {
  // `readTurns` gives both the same order of fields.
  const said = ({ turns }: Conversation) =>
    JSON.stringify(
      readTurns(turns.map(passedTurn)).map(({ speed: _, pending, ...turn }) => ({
        ...turn,
        id: pending?.id,
      })),
    )
  return said(one) === said(other)
}
