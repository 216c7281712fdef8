/**
 * What is typed into a field stays with it. [spec] DOM, retargeting: outside of a shadow tree it seems to be typed into the
 * element as a whole, which is no field, and so a page may take it for a shortcut of its own.
 */

const TYPING = ['keydown', 'keypress', 'keyup'] as const

/** A page may keep the focus in a dialog of its own, and close that. */
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
