/**
 * Reads a rendered answer while it grows, and returns each of its sentences once, when it is complete.
 *
 * The position is the last finished leaf, and how much of the leaf after it was read, so each call visits
 * little more than the new text. Rendered text only grows, except for the end of the open block, which may be
 * a preview. Text can also move into another element, when a list becomes loose or a paragraph becomes a
 * heading. If the position is lost by that, it is found again by counting letters.
 */
import { withLead } from './item-lead.ts'
import { cellsOf, codeOf, isFormula, isLoading, ownText, piecesOf, type TextRun } from './leaf-text.ts'
import { findAgain, isInFootnote, type Leaf, leafAfter } from './leaves.ts'
import { afterLetters, countLetters } from './letters.ts'
import { completeSentences } from './sentences.ts'
import type { SpokenWords } from './spoken-words.ts'

export interface AnswerReader {
  /** @param ended whether the answer is complete, and with it its last sentence */
  next(ended: boolean): string[]
  /** Whether `next` stopped before text with a formula that is being loaded. */
  readonly waits: boolean
  /** Marks all present text as read. */
  skip(): void
}

/** The position after a text that was read. */
interface ReadPosition {
  node: Node
  offset: number
  /** The text before the position, to recognise it again. */
  before: string
}

const CONTEXT_CHARS = 24

/** Matches ends such as `done.` and `(done!)`. */
const SENTENCE_END = /[.!?:;,…。！？：；、，؟؛،۔।][\p{Pe}\p{Pf}"'»]*$/u

export function createAnswerReader(answer: Element, words: SpokenWords, lang: string): AnswerReader {
  const segmenter = new Intl.Segmenter(lang, { granularity: 'sentence' })
  /** The last finished leaf, and the number of letters up to its end. */
  let finished: ChildNode | undefined
  let letters = 0
  /** Letters that were read of the leaf after it. */
  let read = 0
  let position: ReadPosition | undefined
  /** Footnotes are read once the text before them is complete. */
  let withFootnotes = false
  let waits = false

  function nextLeaf(node?: Node): Leaf | undefined {
    const leaf = leafAfter(answer, node)
    return leaf && (withFootnotes || !isInFootnote(answer, leaf)) ? leaf : undefined
  }

  function finish(leaf: Leaf): void {
    letters += read
    finished = leaf.node
    read = 0
    position = undefined
  }

  /** Moves the position after `count` letters of the answer, or to its end. */
  function goTo(count: number): void {
    finished = position = undefined
    letters = read = 0
    for (let leaf = nextLeaf(), next: typeof leaf; leaf; leaf = next) {
      const size = lettersOf(leaf)
      read = Math.min(size, count - letters)
      next = nextLeaf(leaf.node)
      if (!next || read < size) return
      finish(leaf)
    }
  }

  function readLeaf(leaf: Leaf, complete: boolean): string[] {
    if (leaf.kind === 'text') return readText(leaf, complete)
    // Rows and code blocks are spoken as a whole, when they are complete.
    if (!complete || read > 0) return []
    waits = leaf.kind === 'row' && isLoading(leaf.node)
    if (waits) return []
    read = lettersOf(leaf)
    return leaf.kind === 'row' ? sayRow(leaf) : [sayCode(leaf)]
  }

  function readText(leaf: Leaf, complete: boolean): string[] {
    // Before its end, a block of math is half a formula.
    if (!complete && leaf.node instanceof Element && leaf.node.classList.contains('math')) return []
    const from = position && (answer.contains(position.node) ? findIn(leaf, position) : undefined)
    const pieces = [...piecesOf(leaf, from)]
    waits = pieces.some(({ node }) => isFormula(node) && isLoading(node))
    if (waits) return []
    const all = join(pieces)
    const start = from ? 0 : afterLetters(all, read)
    const { sentences, length } = completeSentences(all.slice(start), complete, segmenter)
    if (length === 0) return []
    const begins = read === 0
    const end = start + length
    read = (from ? read : 0) + countLetters(all.slice(0, end))
    position = positionAt(pieces, end)
    return sentences.map((sentence, index) => {
      const paused = complete && index === sentences.length - 1 ? withPause(sentence) : sentence
      return begins && index === 0 ? withLead(leaf.node, paused, words) : paused
    })
  }

  function sayRow({ node }: Leaf): string[] {
    const cells = cellsOf(node)
    if (cells.length === 0) return []
    return completeSentences(withPause(words.row(cells)), true, segmenter).sentences
  }

  function sayCode({ node }: Leaf): string {
    const { language, lines } = codeOf(node)
    return withLead(node, words.code(language, lines), words)
  }

  function withPause(sentence: string): string {
    return SENTENCE_END.test(sentence) ? sentence : sentence + words.pause
  }

  return {
    get waits() {
      return waits
    },
    next(ended) {
      waits = false
      withFootnotes = ended
      const sentences: string[] = []
      // If the answer was rendered anew, the position is the same number of letters from its start.
      if (finished) finished = findAgain(answer, finished)
      if (!finished && letters > 0) goTo(letters + read)
      for (let leaf = nextLeaf(finished), next: typeof leaf; leaf; leaf = next) {
        next = nextLeaf(leaf.node)
        sentences.push(...readLeaf(leaf, ended || next !== undefined))
        if (waits) break
        if (next) finish(leaf)
      }
      return sentences
    },
    skip: () => goTo(Number.POSITIVE_INFINITY),
  }
}

function lettersOf(leaf: Leaf): number {
  // At least 1, to record that an empty block was announced.
  if (leaf.kind === 'code') return Math.max(1, countLetters(codeOf(leaf.node).text))
  return countLetters(leaf.kind === 'row' ? cellsOf(leaf.node).join(' ') : join([...piecesOf(leaf)]))
}

function join(pieces: TextRun[]): string {
  return pieces.map(({ text }) => text).join('')
}

function positionAt(pieces: TextRun[], end: number): ReadPosition | undefined {
  let at = end
  for (const { node, from, text } of pieces) {
    if (at > text.length) {
      at -= text.length
      continue
    }
    const offset = from + at
    return { node, offset, before: ownText(node).slice(Math.max(0, offset - CONTEXT_CHARS), offset) }
  }
  return undefined
}

/** @returns `undefined` if the text there has changed */
function findIn(leaf: Leaf, { node, offset, before }: ReadPosition): ReadPosition | undefined {
  // Its source may have been read, and its words are there now.
  if (isFormula(node)) return { node, offset: ownText(node).length, before }
  // In a long paragraph, finished lines are split off: the text node may be shorter, with the rest in the
  // next ones.
  let at: Node = node
  let left = offset
  if (left > ownText(at).length) {
    for (const piece of piecesOf(leaf, { node, offset: 0 })) {
      at = piece.node
      if (left <= piece.text.length) break
      left -= piece.text.length
    }
  }
  const there = ownText(at).slice(Math.max(0, left - before.length), left)
  return there.length === Math.min(left, before.length) && before.endsWith(there)
    ? { node: at, offset: left, before }
    : undefined
}
