/** Detects that the chat is about to be used. */

/**
 * Loading the page is not a sign of use: most visitors ask nothing, and each first use requests a session.
 */
const SIGNS_OF_USE = ['focusin', 'pointerdown']

/** @param warm called once, at the first sign of use in `element` */
export function atFirstUse(element: HTMLElement, warm: () => void): void {
  const detach = new AbortController()
  for (const sign of SIGNS_OF_USE) {
    element.addEventListener(
      sign,
      () => {
        detach.abort()
        warm()
      },
      { signal: detach.signal },
    )
  }
}
