/** Notices that the chat is going to be used. */

/** Not when the page is loaded: most who look at it ask nothing, and a visitor's session is asked for with it. */
const SIGNS_OF_USE = ['focusin', 'pointerdown']

/** @param warm called at the first sign that the chat in this element is going to be used */
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
