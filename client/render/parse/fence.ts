/**
 * Fences around code. [spec] 4.5
 *
 * A block whose language is Markdown often has blocks of code in it, behind the same fence. CommonMark ends
 * the outer block where the first inner one ends. Here an inner fence that names a language opens a block of
 * its own, and the next closing fence belongs to that. A fence without a language looks like a closing one.
 */
import { withoutEscapes } from './inline/escapes.ts'

export interface Fence {
  marker: string
  /** The first word of the info string, or ''. */
  language: string
  /** The fence of the block that this one is in. */
  outer?: Fence
}

const FENCE = /^(`{3,}|~{3,})(.*)$/
const PARTIAL_FENCE = /^(?:`{1,2}$|~{1,2}$|`{3,}[^`]*$|~{3})/
const MARKDOWN = /^(?:markdown|md)$/i

/** Reads a complete line that opens a block. */
export function readFence(line: string): Fence | undefined {
  const [, marker, info = ''] = FENCE.exec(line) ?? []
  // With a backtick in the info string, this is a code span.
  if (!marker || (marker[0] === '`' && info.includes('`'))) return undefined
  const [language = ''] = withoutEscapes(info.trim()).split(/[ \t]/)
  return { marker, language }
}

/** Reads a complete line of a block of code that opens a block inside of it. */
export function readInnerFence(line: string, outer: Fence): Fence | undefined {
  const inner = mayHoldFences(outer) ? readFence(line) : undefined
  if (!inner?.language) return undefined
  // A shorter fence can't be confused with the outer one.
  const shorter = inner.marker[0] === outer.marker[0] && inner.marker.length < outer.marker.length
  return shorter ? undefined : { ...inner, outer }
}

/** Whether an incomplete line of a block of code may open a block inside of it. */
export function mayOpenInside(line: string, outer: Fence): boolean {
  return mayHoldFences(outer) && PARTIAL_FENCE.test(line)
}

/** @returns whether the line closes the fence, or may do so when it is complete */
export function closesFence(line: string, { marker }: Fence, complete: boolean): boolean {
  const [, run = ''] = /^(`+|~+)[ \t]*$/.exec(line) ?? []
  return run[0] === marker[0] && (run.length >= marker.length || !complete)
}

function mayHoldFences({ language }: Fence): boolean {
  return MARKDOWN.test(language)
}
