/** Creates the elements that map directly to a block or span. */
import type { Kind } from '../parse/sink.ts'

const TAGS: Partial<Record<Kind, string>> = {
  paragraph: 'p',
  heading: 'h1',
  quote: 'blockquote',
  bullets: 'ul',
  numbers: 'ol',
  item: 'li',
  math: 'p',
  rule: 'hr',
  emphasis: 'em',
  strong: 'strong',
  strike: 'del',
  code: 'code',
  link: 'a',
  break: 'br',
}

export function createFor(kind: Kind): HTMLElement {
  const element = create(TAGS[kind] ?? 'span')
  if (kind === 'math') element.className = 'math'
  // Exposed as a part so that the host's style sheet can reach it in the shadow root.
  if (kind === 'quote' || kind === 'link') element.part = kind
  return element
}

export function create(tag: string): HTMLElement {
  return document.createElement(tag)
}

/** Wraps a wide table so that it scrolls on its own. The wrapper is focusable for keyboard scrolling. */
export function boxAround(table: HTMLElement): HTMLElement {
  const box = create('div')
  box.className = 'table'
  box.part = 'table'
  box.tabIndex = 0
  box.append(table)
  return box
}

export function createBox(label: string, done: boolean): HTMLElement {
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.disabled = true
  // Set as an attribute, because a copy of the element keeps attributes only.
  box.toggleAttribute('checked', done)
  box.ariaLabel = label
  return box
}
