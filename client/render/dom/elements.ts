/** The elements that blocks and spans become, as far as they are nothing but that. */
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
  // What a host's style sheet may reach from outside a shadow root.
  if (kind === 'quote' || kind === 'link') element.part = kind
  return element
}

export function create(tag: string): HTMLElement {
  return document.createElement(tag)
}

/** A wide table scrolls by itself, and keys have to reach what is out of view. */
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
  // As an attribute, so that a copy of the element has it.
  box.toggleAttribute('checked', done)
  box.ariaLabel = label
  return box
}
