/** Counts the words of an answer as it is spoken, without code. */
import { cellsOf, piecesOf } from './leaf-text.ts'
import { leafAfter } from './leaves.ts'

export function countWords(answer: Element, lang: string): number {
  const segmenter = new Intl.Segmenter(lang, { granularity: 'word' })
  let count = 0
  for (let leaf = leafAfter(answer); leaf; leaf = leafAfter(answer, leaf.node)) {
    if (leaf.kind === 'code') continue
    const text =
      leaf.kind === 'row'
        ? cellsOf(leaf.node).join(' ')
        : Array.from(piecesOf(leaf), (piece) => piece.text).join('')
    for (const { isWordLike } of segmenter.segment(text)) if (isWordLike) count++
  }
  return count
}
