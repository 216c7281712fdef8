/** Texts by name, in a browser's store as long as it takes them, and otherwise in memory: what is put here is here, until the page is left. */

/** `sessionStorage` or `localStorage`, as far as it is used. */
export type TextStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

export interface Shelf {
  names(): string[]
  get(name: string): string | null
  /** @returns whether the store took it; if not, it is in memory */
  set(name: string, text: string): boolean
  remove(name: string): void
  /** Whether this is in memory alone. */
  isLoose(name: string): boolean
}

/**
 * @param store left out, all is in memory. A function, as a strict privacy setting throws where the store is only named
 * @example
 *   const shelf = createShelf(() => sessionStorage)
 *   shelf.set('millrace-current', id)
 */
export function createShelf(store?: () => TextStore): Shelf {
  const loose = new Map<string, string>()

  /** What the store says, or `otherwise` where it refuses. */
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
        // What stood there before is worse than nothing: after a reload it would look like all there is.
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
