/**
 * Keeps typing in a field from triggering the page's shortcuts. [spec] DOM, retargeting: outside of the
 * shadow tree, the event's target is the element, so a page doesn't recognise a field.
 */

const TYPING = ['keydown', 'keypress', 'keyup'] as const

/** Keys that a page needs, to keep the focus in a dialog of its own, or to close it. */
const FOR_THE_PAGE = ['Tab', 'Escape']

export function keepKeys(element: HTMLElement): void {
  for (const type of TYPING) {
    element.addEventListener(type, (event) => {
      const { target, key, ctrlKey, altKey, metaKey } = event
      const typed = !(ctrlKey || altKey || metaKey || FOR_THE_PAGE.includes(key))
      if (typed && target instanceof Element && target.matches('input, textarea')) event.stopPropagation()
    })
  }
}
