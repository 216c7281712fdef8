/** Tells an element how much of the window can be seen: a phone's keyboard covers a part of it, and the page isn't told. */

/**
 * Sets `--visible-height` and `--visible-top`, in pixels of the layout viewport.
 *
 * @returns what ends it
 */
export function fitViewport(element: HTMLElement): () => void {
  const viewport = window.visualViewport
  if (!viewport) return () => {}
  const detached = new AbortController()
  function measure(): void {
    // Who has zoomed in wants to see a part of it larger, not all of it smaller.
    const zoomed = (viewport?.scale ?? 1) > 1.01
    if (zoomed || !viewport) {
      element.style.removeProperty('--visible-height')
      element.style.removeProperty('--visible-top')
      return
    }
    element.style.setProperty('--visible-height', `${viewport.height}px`)
    element.style.setProperty('--visible-top', `${viewport.offsetTop}px`)
  }
  viewport.addEventListener('resize', measure, { signal: detached.signal })
  viewport.addEventListener('scroll', measure, { signal: detached.signal })
  measure()
  return () => detached.abort()
}
