/**
 * Lets a selection copy formulas as their source. While the browser collects what is copied, formulas show
 * their source in place of their signs: `\frac{a}{b}` instead of `ab`.
 */

let isWatching = false

export function copyFormulasAsSource(): void {
  if (isWatching) return
  isWatching = true
  addEventListener('copy', (event) => {
    const [target] = event.composedPath()
    const root = target instanceof Node ? target.getRootNode() : document
    if (!(root instanceof Document || root instanceof ShadowRoot)) return
    const formulas = [...root.querySelectorAll('.formula')]
    for (const formula of formulas) formula.toggleAttribute('data-copied', true)
    // After the browser has copied, and before it paints.
    setTimeout(() => {
      for (const formula of formulas) formula.removeAttribute('data-copied')
    })
  })
}
