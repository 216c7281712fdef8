/**
 * The leaves of a rendered answer in order: blocks with text of their own, such as paragraphs, table rows and
 * code blocks.
 */

export interface Leaf {
  kind: 'text' | 'row' | 'code'
  /** The block's element. Items of a tight list have none for their text: then its first node. */
  node: ChildNode
}

const CONTAINERS = new Set([
  'ul',
  'ol',
  'li',
  'blockquote',
  'div',
  'section',
  'table',
  'thead',
  'tbody',
  'tfoot',
])
const TEXTS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'])
/** Elements that neither have nor continue a text. */
const SILENT = new Set(['hr', 'input', 'button', 'svg', 'style'])

/** The leaf after `leaf`, or the first one. */
export function leafAfter(root: Element, leaf?: Node): Leaf | undefined {
  let node = leaf ? nodeAfter(root, endOfRun(leaf)) : root.firstChild
  while (node) {
    if (isContainer(node)) node = node.firstChild ?? nodeAfter(root, node)
    else if (isSilent(node)) node = nodeAfter(root, node)
    else return { kind: leafKind(node) ?? 'text', node }
  }
  return undefined
}

/** Whether the leaf is in a footnote: those stand behind the text, also while that grows. */
export function isInFootnote(root: Element, { node }: Leaf): boolean {
  const section = node.parentElement?.closest('section')
  return section != null && root.contains(section)
}

/**
 * Finds a leaf again after its list became loose, which gives its text an element.
 *
 * @returns `undefined` if the node was removed
 */
export function findAgain(root: Element, node: ChildNode): ChildNode | undefined {
  let leaf = node
  for (let at: Node | null = node; at !== root; at = at.parentNode) {
    if (at === null) return undefined
    if (leafKind(at)) leaf = at as Element
  }
  return leaf
}

/** Whether the node ends the text before it. */
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

/** The last node of a leaf. Text without an element extends to the next block. */
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
