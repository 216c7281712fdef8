/** A text that is kept for this tab or this browser, as far as that is allowed. */

export interface TextKeeper {
  get(): string | null
  set(text: string | null): void
}

/** @param store a function, as a strict privacy setting throws where the store is only named */
export function keepInStore(store: () => Storage, name: string): TextKeeper {
  // Where storage is refused, it lives as long as the page.
  const memory = keepInMemory()
  return {
    get() {
      try {
        return store().getItem(name) ?? memory.get()
      } catch {
        return memory.get()
      }
    },
    set(text) {
      memory.set(text)
      try {
        if (text === null) store().removeItem(name)
        else store().setItem(name, text)
      } catch {}
    },
  }
}

/** As long as the page. */
export function keepInMemory(): TextKeeper {
  let kept: string | null = null
  return {
    get: () => kept,
    set(text) {
      kept = text
    },
  }
}
