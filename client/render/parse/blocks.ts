/**
 * The open blocks, from the document to the block that takes text, and how the start of a line changes them.
 */
import type { Container } from './containers.ts'
import { Heading } from './heading.ts'
import { InlineText } from './inline/inline-text.ts'
import { Labels } from './inline/labels.ts'
import type { Content, LeafState, LineStart } from './line-start.ts'
import { Paragraph } from './paragraph.ts'
import type { Kind, Sink } from './sink.ts'
import { type Alignment, splitRow } from './table-row.ts'
import { type Form, Verbatim } from './verbatim.ts'

type Open = Container & {
  /** The last line that belongs to the container. */
  line: number
  /** The last line of the last block in the container. */
  childLine?: number
  loose?: boolean
}

type OpenLeaf = { place?: unknown; line: number } & (
  | { type: 'none' }
  | { type: 'paragraph'; block: Paragraph }
  | { type: 'heading'; block: Heading }
  | { type: 'verbatim'; block: Verbatim }
  | ({ type: 'table' } & Table)
)

interface Table {
  columns: Alignment[]
  /** How many cells the table's rows may still omit. Omitted cells are added as empty ones. */
  padding: number
}

/**
 * Initial `padding`. Without a bound, a row of two characters could create a thousand elements. [gfm] 4.10
 */
const PADDING_CELLS = 10_000

/** A text with labels that had no definition when the text was written. */
interface Unresolved {
  kind: Kind
  place: unknown
  inline: InlineText
}

export class Blocks {
  readonly #sink: Sink
  readonly #containers: Open[] = []
  readonly #labels = new Labels()
  readonly #unresolved: Unresolved[] = []
  #leaf: OpenLeaf = { type: 'none', line: 0 }
  #line = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  get containers(): readonly Container[] {
    return this.#containers
  }

  /** The part of the open leaf's state that decides what the next line is. */
  get leaf(): LeafState {
    const leaf = this.#leaf
    if (leaf.type === 'paragraph') return leaf.block
    if (leaf.type === 'verbatim') return leaf.block.form
    return { type: leaf.type === 'table' ? 'table' : 'none' }
  }

  startLine({ kept, begins, content }: LineStart): void {
    this.#line++
    for (const container of this.#containers.slice(0, kept)) container.line = this.#line
    if (kept === this.#containers.length && begins.length === 0 && this.#continueLeaf(content)) return
    this.#endLeaf()
    while (this.#containers.length > kept) this.#endContainer()
    for (const container of begins) this.#beginContainer(container)
    this.#begin(content)
  }

  /** Adds text to the current line. */
  add(text: string): void {
    const leaf = this.#leaf
    if (leaf.type !== 'none' && leaf.type !== 'table') leaf.block.add(text)
  }

  endLine(): void {
    const leaf = this.#leaf
    if (leaf.type === 'heading') this.#endLeaf()
    else if (leaf.type === 'verbatim') leaf.block.endLine()
  }

  /** Writes the text whose meaning can't change any more. */
  settle(): void {
    const leaf = this.#leaf
    if (leaf.type === 'paragraph' || leaf.type === 'heading') leaf.block.settle(this.#sink)
  }

  /** Writes the remaining text as it most likely continues. */
  preview(): void {
    const leaf = this.#leaf
    if (leaf.type === 'paragraph' || leaf.type === 'heading') leaf.block.preview(this.#sink)
  }

  /** What the preview has behind the last one, if nothing else has changed. */
  moreOfPreview(): string | undefined {
    const leaf = this.#leaf
    const hasPreview = leaf.type === 'paragraph' || leaf.type === 'heading'
    return hasPreview ? leaf.block.moreOfPreview() : undefined
  }

  end(): void {
    this.#endLeaf()
    while (this.#containers.length > 0) this.#endContainer()
    this.#labels.complete = true
    // Resolve links and footnotes whose definition came later, or never. This happens once, at the end, so
    // that many definitions don't make it slow.
    for (const { kind, place, inline } of this.#unresolved) {
      if (!inline.isOutdated) continue
      this.#sink.open(kind, place)
      inline.rewrite(this.#sink)
      this.#sink.close()
    }
  }

  /** @returns whether the line continues the open leaf */
  #continueLeaf(content: Content): boolean {
    const leaf = this.#leaf
    if (leaf.type === 'paragraph') {
      if (content.type === 'delimiters') this.#beginTable(leaf.block, content.columns)
      else if (content.type === 'text') {
        leaf.block.startLine(content.text)
        leaf.line = this.#line
      } else if (content.type === 'underline') {
        leaf.line = this.#line
        this.#endLeaf(content.level)
      } else return false
      return true
    }
    if (leaf.type === 'table' && content.type === 'row') {
      leaf.line = this.#line
      this.#writeRow('row', leaf, content.text)
      return true
    }
    if (leaf.type !== 'verbatim') return false
    const { block } = leaf
    if (content.type === 'verbatim' || content.type === 'end') {
      if (block.startLine(content.text)) leaf.line = this.#line
      if (content.type === 'verbatim' && content.fence && block.form.type === 'fence')
        block.form.fence = content.fence
      if (content.type === 'end') this.#endLeaf()
      return true
    }
    if (content.type !== 'blank' || block.form.type !== 'indented') return false
    block.startLine('')
    return true
  }

  #begin(content: Content): void {
    const line = this.#line
    switch (content.type) {
      case 'text':
        this.#beginParagraph(content.text)
        break
      case 'heading': {
        const place = this.#open('heading')
        this.#sink.attribute('level', String(content.level))
        this.#leaf = { type: 'heading', block: new Heading(this.#labels, content.text), place, line }
        break
      }
      case 'rule':
        this.#open('rule')
        this.#sink.close()
        this.#endChild(line)
        break
      case 'fence': {
        const { language } = content.fence
        this.#beginVerbatim('code-block', content)
        if (language) this.#sink.attribute('language', language)
        break
      }
      case 'indented':
        this.#beginVerbatim('code-block', { type: 'indented' }, content.text)
        break
      case 'math':
        this.#beginVerbatim('math', content, content.end === '$$' ? '$$' : '\\[')
    }
  }

  #beginParagraph(text: string): void {
    const line = this.#line
    const parent = this.#containers.at(-1)
    const mayBeTask = parent?.type === 'item' && parent.empty
    if (parent?.type === 'item') parent.empty = false
    const block = new Paragraph(this.#labels, mayBeTask, {
      hasText: () => this.#beginChild(line),
      open: (task) => {
        if (task) this.#sink.attribute('task', task)
        leaf.place = this.#sink.open('paragraph')
      },
    })
    const leaf: OpenLeaf = { type: 'paragraph', block, line }
    this.#leaf = leaf
    block.startLine(text)
  }

  #beginVerbatim(kind: Kind, form: Form, text = ''): void {
    this.#open(kind)
    const block = new Verbatim(form, this.#sink)
    block.add(text)
    this.#leaf = { type: 'verbatim', block, line: this.#line }
  }

  /** @param paragraph the paragraph whose last line is the table's header */
  #beginTable(paragraph: Paragraph, columns: Alignment[]): void {
    const header = paragraph.takeHeader()
    this.#leaf.line = this.#line - 2
    this.#endLeaf()
    this.#beginChild(this.#line - 1)
    this.#sink.open('table')
    const table: Table = { columns, padding: PADDING_CELLS }
    this.#leaf = Object.assign(table, { type: 'table' as const, line: this.#line })
    this.#writeRow('header', table, header)
  }

  #writeRow(kind: 'header' | 'row', table: Table, text: string): void {
    const cells = splitRow(text)
    const columns = table.columns.slice(0, cells.length + table.padding)
    table.padding -= Math.max(0, columns.length - cells.length)
    this.#sink.open(kind)
    for (const [index, align] of columns.entries()) {
      const place = this.#sink.open('cell')
      if (align) this.#sink.attribute('align', align)
      const inline = new InlineText(this.#labels, cells[index], true)
      inline.end(this.#sink)
      this.#sink.close()
      this.#remember('cell', place, inline)
    }
    this.#sink.close()
  }

  /** @param level the heading level, if an underline has turned the paragraph into a heading */
  #endLeaf(level?: number): void {
    const leaf = this.#leaf
    this.#leaf = { type: 'none', line: 0 }
    if (leaf.type === 'none') return
    if (leaf.type === 'paragraph' && !leaf.block.end(this.#sink, level)) return
    if (leaf.type === 'table') this.#sink.close()
    else if (leaf.type !== 'paragraph') leaf.block.end(this.#sink)
    this.#endChild(leaf.line)
    if (leaf.type === 'paragraph' || leaf.type === 'heading')
      this.#remember(leaf.type, leaf.place, leaf.block.inline)
  }

  #remember(kind: Kind, place: unknown, inline: InlineText): void {
    if (inline.isUnsure) this.#unresolved.push({ kind, place, inline })
  }

  #beginContainer(container: Container): void {
    const kind = container.type
    if (kind === 'footnote') this.#beginFootnote(container.label)
    else if (kind !== 'list') this.#open(kind)
    else if (container.first === undefined) this.#open('bullets')
    else {
      this.#open('numbers')
      this.#sink.attribute('start', String(Number(container.first)))
    }
    this.#containers.push({ ...container, line: this.#line })
  }

  #beginFootnote(label: string): void {
    this.#open('footnote')
    const { footnotes } = this.#labels
    if (!footnotes.has(label)) this.#sink.attribute('label', label)
    footnotes.add(label)
  }

  #endContainer(): void {
    const ended = this.#containers.pop()
    if (!ended) return
    this.#sink.close()
    this.#endChild(ended.type === 'quote' ? ended.line : (ended.childLine ?? ended.line))
  }

  #open(kind: Kind): unknown {
    this.#beginChild(this.#line)
    return this.#sink.open(kind)
  }

  /**
   * Call when a block begins in the innermost container. [spec] 5.3: blank lines between blocks make a list
   * loose.
   */
  #beginChild(line: number): void {
    const parent = this.#containers.at(-1)
    if (!parent || parent.type === 'quote' || parent.type === 'footnote') return
    if (parent.type === 'item') parent.empty = false
    const list = parent.type === 'item' ? this.#containers.at(-2) : parent
    if (!list || list.loose || parent.childLine === undefined || parent.childLine >= line - 1) return
    list.loose = true
    this.#sink.attribute('loose', '')
  }

  #endChild(line: number): void {
    const parent = this.#containers.at(-1)
    if (parent) parent.childLine = line
  }
}
