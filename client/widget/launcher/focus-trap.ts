/** Keeps the focus of the keyboard in an element, while it is open over something else. */

/**
 * A stop of no width stands before and behind what is in the element: whoever comes to one of them goes on at the other
 * end. So nothing has to be known of what can have the focus there, such as a listing that scrolls.
 *
 * @returns what lets it go
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
