/** A text stored for this tab or this browser, or in memory if storage is refused. */

export interface TextKeeper {
  get(): string | null
  set(text: string | null): void
}

/** @param store a function, as strict privacy settings throw on access to a store */
export function keepInStore(store: () => Storage, name: string): TextKeeper {
  // The fallback if the store refuses the text.
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

/** Keeps the text until the page is left. */
export function keepInMemory(): TextKeeper {
  let kept: string | null = null
  return {
    get: () => kept,
    set(text) {
      kept = text
    },
  }
}
