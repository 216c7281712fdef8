/** What each contestant's module exports as `start`: it runs in the page. */
export type Start = (place: HTMLElement) => Running | Promise<Running>

export interface Running {
  write(delta: string): void
  end(): void
  /** What is scrolled to its end after each delta; `undefined` where it scrolls by itself. */
  scroller: Element | undefined
}
