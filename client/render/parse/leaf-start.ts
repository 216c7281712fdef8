/** Blocks that the first characters of a line begin, or turn the paragraph before it into. [spec] 4 */
import { type Fence, readFence } from './fence.ts'
import { type Alignment, readDelimiters } from './table-row.ts'
import { type Found, WAIT } from './undecided.ts'

export type LeafStart =
  | { type: 'heading' | 'underline'; level: number; text: string }
  | { type: 'rule' }
  | { type: 'fence'; fence: Fence; indent: number }
  | { type: 'math'; end: string }
  | { type: 'delimiters'; columns: Alignment[] }

/** The paragraph that the line would continue. */
export interface OpenParagraph {
  /** Whether the paragraph has text beside link reference definitions. */
  hasText(): boolean
  /** Whether the paragraph's last line may be the header of a table. */
  mayBeHeader(): boolean
  headerCells(): number
}

const HEADING = /^(#{1,6})(?:[ \t]+|$)/
const RULE = /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/
const UNDERLINE = /^(?:=+|-+)[ \t]*$/
const DELIMITERS = /^[|:-][|:\- \t]*$/
const MATH = /^(\$\$|\\\[)[ \t]*$/
/** Incomplete lines that may still become one of these blocks. */
const PARTIAL_LEAF =
  /^(?:#{1,6}[ \t]*|`{1,2}|~{1,2}|~{3}.*|`{3,}[^`]*|[* \t]+|[- \t]+|[_ \t]+|\$|\\|(?:\$\$|\\\[)[ \t]*)$/

/** @param line the line without its indentation of `indent` columns, at most three */
export function beginLeaf(
  line: string,
  indent: number,
  paragraph: OpenParagraph | undefined,
  complete: boolean,
): Found<LeafStart> {
  if (!complete) {
    const header = paragraph && DELIMITERS.test(line) && paragraph.mayBeHeader()
    if (PARTIAL_LEAF.test(line) || header || (paragraph && UNDERLINE.test(line))) return WAIT
  }
  const heading = HEADING.exec(line)
  if (heading) {
    const [all, { length: level } = ''] = heading
    return { type: 'heading', level, text: line.slice(all.length) }
  }
  if (!complete) return undefined

  const fence = readFence(line)
  if (fence) return { type: 'fence', fence, indent }
  const [, math] = MATH.exec(line) ?? []
  if (math) return { type: 'math', end: math === '$$' ? '$$' : '\\]' }
  if (paragraph && UNDERLINE.test(line) && paragraph.hasText()) {
    return { type: 'underline', level: line[0] === '=' ? 1 : 2, text: '' }
  }
  if (paragraph && DELIMITERS.test(line) && paragraph.mayBeHeader()) {
    const columns = readDelimiters(line)
    if (columns?.length === paragraph.headerCells()) return { type: 'delimiters', columns }
  }
  return RULE.test(line) ? { type: 'rule' } : undefined
}
