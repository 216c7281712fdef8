/** The text of a leaf as it is spoken: links by their text, images by their description, no buttons. */
import { isBlock, type Leaf } from './leaves.ts'

export interface Piece {
  node: Node
  /** Where in the node's text this begins. */
  from: number
  text: string
}

/** Of an image that isn't loaded, its address is shown. */
const UNSPOKEN = 'button, input, svg, .address, [aria-hidden="true"]'

/** @param from where to begin, in a node that is in the leaf */
export function piecesOf({ node }: Leaf, from?: { node: Node; offset: number }): Iterable<Piece> {
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

function* pieces(scope: Node, from: { node: Node; offset: number }): Generator<Piece> {
  const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) =>
    node instanceof Element && node.matches(UNSPOKEN) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  )
  walker.currentNode = from.node
  for (let node: Node | null = from.node; node; node = walker.nextNode()) {
    // Text without an element of its own ends where a block begins.
    if (node !== scope && isBlock(node)) return
    const offset = node === from.node ? from.offset : 0
    // A line's end would be the end of a sentence.
    const text = ownText(node).slice(offset).replace(/\s/g, ' ')
    if (text !== '') yield { node, from: offset, text }
  }
}

/** What a node says itself, without what is in it. */
export function ownText(node: Node): string {
  if (node instanceof Text) return node.data
  if (node instanceof HTMLImageElement) return node.alt
  return node instanceof HTMLBRElement ? ' ' : ''
}

export function codeOf(block: Node): { language: string; lines: number; text: string } {
  const code = block instanceof Element ? (block.querySelector('code') ?? block) : block
  const text = code.textContent ?? ''
  const name = code instanceof Element ? /(?:^|\s)language-(\S+)/.exec(code.className)?.[1] : undefined
  const lines = text === '' ? 0 : text.replace(/\n$/, '').split('\n').length
  return { language: name ?? '', lines, text }
}
