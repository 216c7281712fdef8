/** The `start` export of each contestant's module. It runs in the page. */
export type Start = (place: HTMLElement) => Running | Promise<Running>

export interface Running {
  write(delta: string): void
  end(): void
  /** The element to scroll to its end after each delta; `undefined` if the contestant scrolls by itself. */
  scroller: Element | undefined
}
