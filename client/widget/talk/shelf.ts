/**
 * Texts by name, in a browser's store as long as that accepts them, else in memory: a text that was set can
 * be read until the page is left.
 */

/** The part of `sessionStorage` or `localStorage` that is used. */
export type TextStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

export interface Shelf {
  names(): string[]
  get(name: string): string | null
  /** @returns whether the store accepted the text; if not, it is in memory */
  set(name: string, text: string): boolean
  remove(name: string): void
  /** Whether the text is in memory only. */
  isMemoryOnly(name: string): boolean
}

/**
 * @param store omitted to keep everything in memory; a function, as strict privacy settings throw on access
 *   to a store
 * @example
 *   const shelf = createShelf(() => sessionStorage)
 *   shelf.set('millrace-current', id)
 */
export function createShelf(store?: () => TextStore): Shelf {
  const memory = new Map<string, string>()

  /** The result of `use`, or `otherwise` if the store throws. */
  function tryStore<T>(use: (store: TextStore) => T, otherwise: T): T {
    try {
      return store ? use(store()) : otherwise
    } catch {
      return otherwise
    }
  }

  const removeStored = (name: string) => tryStore((stored) => stored.removeItem(name), undefined)

  return {
    names() {
      const stored = tryStore(namesIn, [])
      return [...new Set([...memory.keys(), ...stored])]
    },
    get: (name) => memory.get(name) ?? tryStore((stored) => stored.getItem(name), null),
    set(name, text) {
      const accepted = tryStore((stored) => {
        stored.setItem(name, text)
        return true
      }, false)
      if (accepted) memory.delete(name)
      else {
        memory.set(name, text)
        // An outdated text would look complete after a reload.
        removeStored(name)
      }
      return accepted
    },
    remove(name) {
      memory.delete(name)
      removeStored(name)
    },
    isMemoryOnly: (name) => memory.has(name),
  }
}

function namesIn(store: TextStore): string[] {
  return Array.from({ length: store.length }, (_, index) => store.key(index)).filter((name) => name !== null)
}
