/** The sources of an answer, numbered; and the places of their marks in its text. */
import { MOST_MARKS, withoutMarks } from '../../render/parse/source-marks.ts'
import type { Source } from '../../stream/stream-format.ts'
import { openEnd } from '../talk/open-end.ts'

/** A source under an answer, however often it is cited. Its number is its place in the list, from 1. */
export interface ListedSource {
  title: string
  url?: string
}

export interface CitedSources {
  list: readonly ListedSource[]
  /** The text with a mark for each source, once at each place. */
  mark(text: string, write: (number: number) => string): string
}

/** In the order of their marks, each once. */
export function numberSources(sources: readonly Source[]): CitedSources {
  const inOrder = sources.toSorted((a, b) => a.end - b.end)
  const numbers = new Map<string, number>()
  const list: ListedSource[] = []
  for (const { title, url } of inOrder) {
    const key = url ?? title
    if (numbers.has(key)) continue
    list.push(url === undefined ? { title } : { title, url })
    numbers.set(key, list.length)
  }

  function mark(text: string, write: (number: number) => string): string {
    let marked = ''
    let at = 0
    let here = new Set<number>()
    for (const source of inOrder) {
      const number = numbers.get(source.url ?? source.title) ?? 0
      const place = number <= MOST_MARKS && placeOf(text, source)
      if (!place) continue
      const from = Math.max(place.from, at)
      // Two passages of one document are often cited at one place.
      if (from > at) here = new Set()
      if (here.has(number)) continue
      here.add(number)
      marked += withoutMarks(text.slice(at, from)) + write(number)
      at = Math.max(place.to, at)
    }
    return marked + withoutMarks(text.slice(at))
  }

  return { list, mark }
}

/** A link that says only where the text is from, as `([host](address))`. Its mark takes its place. */
const REFERENCE = /^(?:\[[^\]\n]*\]\(\S*\)|\(\[[^\]\n]*\]\(\S*\)\))$/

/** A line without words: a mark would make it another block, or a part of code. */
const NO_WORDS = /^[-=*_|:`~#\s>]*$/

/** No alternative begins inside of itself: a search takes linear time. */
const LINK = /\[[^[\]\n]*\]\([^()\s]*\)|`[^`\n]+`|https?:\/\/\S+/g

/** @returns what the mark takes the place of, mostly nothing; `undefined`: it can stand nowhere there */
function placeOf(text: string, { start, end }: Source): { from: number; to: number } | undefined {
  const isReference = REFERENCE.test(text.slice(start, end))
  let from = Math.min(isReference ? start : end, text.length)
  if (!isReference) from = behindLink(text, from)
  // A mark stands at the word before it.
  const before = text.slice(0, from).trimEnd()
  const cell = /[^\\|\s]\s*\|$/.test(before) ? before.slice(0, -1).trimEnd() : before
  const lastLine = cell.slice(cell.lastIndexOf('\n') + 1)
  if (NO_WORDS.test(lastLine) || isInCode(text, cell.length)) return undefined
  return { from: cell.length, to: isReference ? end : cell.length }
}

/** The end of the link or address around `at`, which a mark would break. */
function behindLink(text: string, at: number): number {
  const line = text.lastIndexOf('\n', at - 1) + 1
  for (const { 0: link, index } of text.slice(line, endOfLine(text, at)).matchAll(LINK)) {
    const [from, to] = [line + index, line + index + link.length]
    if (from < at && at < to) return link.startsWith('`') ? at : to
  }
  return at
}

function isInCode(text: string, at: number): boolean {
  const before = text.slice(0, at)
  if (openEnd(before)) return true
  const line = before.slice(before.lastIndexOf('\n') + 1)
  return line.split('`').length % 2 === 0 && text.slice(at, endOfLine(text, at)).includes('`')
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}
