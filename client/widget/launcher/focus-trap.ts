/** Keeps the keyboard focus in an element while that is open over something else. */

/**
 * Puts an invisible focus stop before and after the content. Each stop sends the focus to the other end, so
 * nothing must be known about what is focusable in between, such as scrollable code.
 *
 * @returns a function that removes the trap
 */
export function trapFocus(element: HTMLElement): () => void {
  const [before, behind] = [createStop(), createStop()]
  const inside = () =>
    [...element.querySelectorAll<HTMLElement>('a[href], button, input, textarea, [tabindex="0"]')].filter(
      (stop) => stop !== before && stop !== behind && !stop.matches(':disabled') && stop.checkVisibility(),
    )
  before.addEventListener('focus', () => inside().at(-1)?.focus())
  behind.addEventListener('focus', () => inside().at(0)?.focus())
  element.prepend(before)
  element.append(behind)
  return () => {
    before.remove()
    behind.remove()
  }
}

function createStop(): HTMLElement {
  const stop = document.createElement('span')
  stop.tabIndex = 0
  stop.className = 'unseen'
  return stop
}
