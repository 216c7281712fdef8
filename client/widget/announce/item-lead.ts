/** The spoken prefix of a list item: its number, or the state of its checkbox. */
import type { SpokenWords } from './spoken-words.ts'

/**
 * Numbers of items. Each is derived from the item before, so a long list isn't counted again for each item.
 */
const numbers = new WeakMap<Element, number>()

/** @param leaf the first node of a text; a text that isn't first in its item gets no prefix */
export function withLead(leaf: Node, sentence: string, words: SpokenWords): string {
  const item = itemThatBegins(leaf)
  if (!item) return sentence
  const box = item.querySelector(':scope > input[type="checkbox"]')
  const text = box ? words.task(box.hasAttribute('checked'), sentence) : sentence
  return item.parentElement?.localName === 'ol' ? words.item(numberOf(item), text) : text
}

function itemThatBegins(leaf: Node): Element | undefined {
  let node: Node | null = leaf
  while (node && isFirst(node)) {
    node = node.parentNode
    if (node instanceof Element && node.localName === 'li') return node
  }
  return undefined
}

function isFirst({ previousSibling }: Node): boolean {
  if (previousSibling === null) return true
  const isBlank = previousSibling instanceof Text && previousSibling.data.trim() === ''
  return (isBlank || previousSibling instanceof HTMLInputElement) && isFirst(previousSibling)
}

function numberOf(item: Element): number {
  let known = item
  const uncounted: Element[] = []
  while (!numbers.has(known)) {
    uncounted.push(known)
    if (!known.previousElementSibling) break
    known = known.previousElementSibling
  }
  const start = Number(item.parentElement?.getAttribute('start') ?? 1)
  let number = numbers.get(known) ?? start - 1
  for (const counted of uncounted.reverse()) numbers.set(counted, ++number)
  return number
}
