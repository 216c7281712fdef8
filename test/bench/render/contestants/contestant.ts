/** What each contestant's module has, in the page. */
export interface Contestant {
  write(delta: string): void
  end(): void
  /** What is scrolled to its end after each delta; `undefined` where it scrolls by itself. */
  scroller: Element | undefined
}

/** @param place an element that scrolls */
export type Start = (place: HTMLElement) => Contestant | Promise<Contestant>
