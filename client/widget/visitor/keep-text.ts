/** A text that is kept for this tab alone, and gone with it. */

export interface TabStore {
  get(): string | null
  set(text: string | null): void
}

export function keepInTab(name: string): TabStore {
  // Where storage is refused (a strict privacy setting), it lives as long as the page.
  const memory = keepInMemory()
  return {
    get() {
      try {
        return sessionStorage.getItem(name) ?? memory.get()
      } catch {
        return memory.get()
      }
    },
    set(text) {
      memory.set(text)
      try {
        if (text === null) sessionStorage.removeItem(name)
        else sessionStorage.setItem(name, text)
      } catch {}
    },
  }
}

/** As long as the page. */
export function keepInMemory(): TabStore {
  let kept: string | null = null
  return {
    get: () => kept,
    set(text) {
      kept = text
    },
  }
}
