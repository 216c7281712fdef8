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
  isLoose(name: string): boolean
}

/**
 * @param store omitted to keep everything in memory; a function, as strict privacy settings throw on access
 *   to a store
 * @example
 *   const shelf = createShelf(() => sessionStorage)
 *   shelf.set('millrace-current', id)
 */
export function createShelf(store?: () => TextStore): Shelf {
  const loose = new Map<string, string>()

  /** The result of `use`, or `otherwise` if the store throws. */
  function attempt<T>(ask: (store: TextStore) => T, otherwise: T): T {
    try {
      return store ? ask(store()) : otherwise
    } catch {
      return otherwise
    }
  }

  const removeStored = (name: string) => attempt((stored) => stored.removeItem(name), undefined)

  return {
    names() {
      const stored = attempt(namesIn, [])
      return [...new Set([...loose.keys(), ...stored])]
    },
    get: (name) => loose.get(name) ?? attempt((stored) => stored.getItem(name), null),
    set(name, text) {
      const taken = attempt((stored) => {
        stored.setItem(name, text)
        return true
      }, false)
      if (taken) loose.delete(name)
      else {
        loose.set(name, text)
        // An outdated text would look complete after a reload.
        removeStored(name)
      }
      return taken
    },
    remove(name) {
      loose.delete(name)
      removeStored(name)
    },
    isLoose: (name) => loose.has(name),
  }
}

function namesIn(store: TextStore): string[] {
  return Array.from({ length: store.length }, (_, index) => store.key(index)).filter((name) => name !== null)
}
