/**
 * Tells an element how much of the window is visible: a phone's on-screen keyboard covers part of it without
 * a resize.
 */

/**
 * Sets `--visible-height` and `--visible-top`, in pixels of the layout viewport.
 *
 * @returns a function that stops updating them
 */
export function fitViewport(element: HTMLElement): () => void {
  const viewport = window.visualViewport
  if (!viewport) return () => {}
  const detached = new AbortController()
  function measure(): void {
    // Pinch zoom is meant to enlarge a part, not to shrink the panel.
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
