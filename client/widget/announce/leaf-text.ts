/** The spoken text of a leaf: links by their text, images by their alternative text, no buttons. */
import { isBlock, type Leaf } from './leaves.ts'

export interface TextRun {
  node: Node
  /** Offset of the piece in the node's text. */
  from: number
  text: string
}

/**
 * `.address` is the displayed address of an image that isn't loaded; the others lead to a footnote and back.
 */
const UNSPOKEN = 'button, input, svg, .address, sup, .back, [aria-hidden="true"]'

/** @param from the node and offset in the leaf at which to begin */
export function piecesOf({ node }: Leaf, from?: { node: Node; offset: number }): Iterable<TextRun> {
  const { parentNode } = node
  if (isBlock(node) || !parentNode) return pieces(node, from ?? { node, offset: 0 })
  return pieces(parentNode, from ?? { node, offset: 0 })
}

export function cellsOf(row: Node): string[] {
  const cells = Array.from(row.childNodes, (cell) => {
    const text = Array.from(pieces(cell, { node: cell, offset: 0 }), (piece) => piece.text).join('')
    return text.replace(/\s+/g, ' ').trim()
  })
  return cells.filter((text) => text !== '')
}

function* pieces(scope: Node, from: { node: Node; offset: number }): Generator<TextRun> {
  const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) =>
    (node instanceof Element && node.matches(UNSPOKEN)) || (node.parentNode && isFormula(node.parentNode))
      ? NodeFilter.FILTER_REJECT
      : NodeFilter.FILTER_ACCEPT,
  )
  walker.currentNode = from.node
  for (let node: Node | null = from.node; node; node = walker.nextNode()) {
    // Text that has no element of its own ends where a block begins.
    if (node !== scope && isBlock(node)) return
    const offset = node === from.node ? from.offset : 0
    // Line ends become spaces, as the segmenter takes them for sentence ends.
    const text = ownText(node).slice(offset).replace(/\s/g, ' ')
    if (text !== '') yield { node, from: offset, text }
  }
}

/** The node's own text, without its children. */
export function ownText(node: Node): string {
  if (node instanceof Text) return node.data
  if (node instanceof HTMLImageElement) return node.alt
  if (isFormula(node)) return node.dataset.spoken ?? node.textContent
  return node instanceof HTMLBRElement ? ' ' : ''
}

export const isFormula = (node: Node): node is HTMLElement =>
  node instanceof HTMLElement && node.classList.contains('formula')

/** Whether it is, or has, a formula that is not shown yet (create-formula.ts). */
export function isLoading(node: Node): boolean {
  const loading = '.formula[data-loading]'
  return node instanceof Element && (node.matches(loading) || node.querySelector(loading) !== null)
}

export function codeOf(block: Node): { language: string; lines: number; text: string } {
  const code = block instanceof Element ? (block.querySelector('code') ?? block) : block
  const text = code.textContent ?? ''
  const name = code instanceof Element ? /(?:^|\s)language-(\S+)/.exec(code.className)?.[1] : undefined
  const lines = text === '' ? 0 : text.replace(/\n$/, '').split('\n').length
  return { language: name ?? '', lines, text }
}
