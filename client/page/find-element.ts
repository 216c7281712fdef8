/** Finds the elements of `index.html` that the page's modules need, and reports a missing one. */

/** @throws {TypeError} with the selector, if `root` has no such element */
export function findElement<E extends HTMLElement>(
  root: ParentNode,
  selector: string,
  type: { new (): E; name: string },
): E {
  const element = root.querySelector(selector)
  if (element instanceof type) return element
  throw new TypeError(`index.html has no ${type.name} at ${selector}`)
}

/** Clones the single element of a template. */
export function cloneTemplate(id: string): HTMLElement {
  const copy = findElement(
    document,
    `template#${id}`,
    HTMLTemplateElement,
  ).content.firstElementChild?.cloneNode(true)
  if (copy instanceof HTMLElement) return copy
  throw new TypeError(`The template #${id} is empty`)
}
