/** The blocks of a rendered answer that have text of their own, in order: paragraphs, table rows, blocks of code. */

export interface Leaf {
  kind: 'text' | 'row' | 'code'
  /** The block's element. Of text that has none, as in the items of most lists, its first node. */
  node: ChildNode
}

const CONTAINERS = new Set(['ul', 'ol', 'li', 'blockquote', 'div', 'table', 'thead', 'tbody', 'tfoot'])
const TEXTS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'])
/** Neither has a text, nor is part of one. */
const SILENT = new Set(['hr', 'input', 'button', 'svg', 'style'])

/** The first leaf after this one; without it, the first of all. */
export function leafAfter(root: Element, leaf?: Node): Leaf | undefined {
  let node = leaf ? nodeAfter(root, endOfRun(leaf)) : root.firstChild
  while (node) {
    if (isContainer(node)) node = node.firstChild ?? nodeAfter(root, node)
    else if (isSilent(node)) node = nodeAfter(root, node)
    else return { kind: leafKind(node) ?? 'text', node }
  }
  return undefined
}

/**
 * Where a leaf is now: text without an element gets one when its list turns out to have paragraphs.
 *
 * @returns nothing if it is not there any more
 */
export function findAgain(root: Element, node: ChildNode): ChildNode | undefined {
  let leaf = node
  for (let at: Node | null = node; at !== root; at = at.parentNode) {
    if (at === null) return undefined
    if (leafKind(at)) leaf = at as Element
  }
  return leaf
}

/** Whether text ends here: what follows is no part of the same sentence. */
export function isBlock(node: Node): boolean {
  return isContainer(node) || leafKind(node) !== undefined || nameOf(node) === 'hr'
}

function leafKind(node: Node): Leaf['kind'] | undefined {
  const name = nameOf(node)
  if (TEXTS.has(name)) return 'text'
  if (name === 'tr') return 'row'
  return name === 'pre' || isCode(node) ? 'code' : undefined
}

function isContainer(node: Node): boolean {
  return CONTAINERS.has(nameOf(node)) && !isCode(node)
}

function isCode(node: Node): boolean {
  return node instanceof Element && node.classList.contains('code')
}

function isSilent(node: Node): boolean {
  if (node instanceof Text) return node.data.trim() === ''
  return SILENT.has(nameOf(node))
}

function nameOf(node: Node): string {
  return node instanceof Element ? node.localName : ''
}

/** Text without an element goes on until the next block. */
function endOfRun(node: Node): Node {
  let last = node
  if (isBlock(node)) return last
  for (let next = node.nextSibling; next && !isBlock(next); next = next.nextSibling) last = next
  return last
}

function nodeAfter(root: Element, node: Node): ChildNode | null {
  for (let at: Node | null = node; at && at !== root; at = at.parentNode) {
    if (at.nextSibling) return at.nextSibling
  }
  return null
}
