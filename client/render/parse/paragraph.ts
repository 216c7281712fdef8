/**
 * An open paragraph. Its first lines may be link reference definitions, and its last line the header of a
 * table; neither is settled before that is decided. An underline turns the whole paragraph into a heading:
 * the sink is told when the paragraph ends.
 */
import { readDefinition } from './definitions.ts'
import { InlineText } from './inline/inline-text.ts'
import type { Labels } from './inline/labels.ts'
import type { OpenParagraph } from './leaf-start.ts'
import type { Sink } from './sink.ts'
import { spacesBefore } from './spaces.ts'
import { splitRow } from './table-row.ts'
import { WAIT } from './undecided.ts'

/** Longest header of a table, and the number of characters within which its first `|` must be. */
const HEADER_CHARS = 1024
const HEADER_START_CHARS = 256

/**
 * An undecided definition up to this length is read with each delta; a longer one only after it grew by a
 * quarter.
 */
const ALWAYS_READ_CHARS = 256

const TASK = /^\[([ xX])\][ \t\n]/

type Task = 'open' | 'done'

interface Host {
  /** Called once the paragraph is known to contain text, not only definitions. */
  hasText(): void
  /** Opens the paragraph in the sink. */
  open(task: Task | undefined): void
}

export class Paragraph implements OpenParagraph {
  readonly type = 'paragraph'
  readonly inline: InlineText
  readonly #labels: Labels
  readonly #host: Host
  #mayBeTask: boolean
  #mayBeDefinition = true
  #begun = false
  #inFirstLine = true
  /** Length of the text from which on undecided definitions are read again. */
  #nextRead = 0

  /** @param mayBeTask whether this is the first block of an item, where `[x] ` is a checkbox */
  constructor(labels: Labels, mayBeTask: boolean, host: Host) {
    this.inline = new InlineText(labels)
    this.#labels = labels
    this.#mayBeTask = mayBeTask
    this.#host = host
  }

  startLine(text: string): void {
    const { inline } = this
    this.#inFirstLine = inline.text === ''
    if (!this.#inFirstLine) inline.append('\n')
    inline.line = inline.text.length
    inline.append(text)
  }

  add(text: string): void {
    this.inline.append(text)
  }

  hasText(): boolean {
    this.#decide(true)
    return !this.#mayBeDefinition
  }

  mayBeHeader(): boolean {
    this.#decide(false)
    return this.#headerMayCome(true)
  }

  headerCells(): number {
    return splitRow(this.#lastLine()).length
  }

  /** Removes the last line from the paragraph. */
  takeHeader(): string {
    const { inline } = this
    const header = this.#lastLine()
    inline.text = inline.text.slice(0, Math.max(0, inline.line - 1))
    return header
  }

  settle(sink: Sink): void {
    const { inline } = this
    if (inline.text.length >= this.#nextRead) this.#decide(false)
    if (this.#mayBeDefinition) return
    const limit = this.#headerMayCome(false) ? inline.line - 1 : inline.text.length
    if (limit <= inline.settled) return
    this.#open()
    inline.settle(sink, limit)
  }

  preview(sink: Sink): void {
    const { inline } = this
    if (this.#mayBeDefinition) return
    const end = this.#previewEnd()
    if (end <= inline.settled) return
    if (!this.#begun) sink.open('paragraph')
    inline.preview(sink, end)
    if (!this.#begun) sink.close()
  }

  /** What the preview has behind the last one, if nothing else has changed. */
  moreOfPreview(): string | undefined {
    return this.#begun ? this.inline.moreOfPreview(this.#previewEnd()) : undefined
  }

  /** A line that begins like a row is not previewed as text. */
  #previewEnd(): number {
    const { text, line } = this.inline
    return this.#headerMayCome(false) && text[line] === '|' ? line - 1 : text.length
  }

  /**
   * @param level the heading level, if an underline has turned the paragraph into a heading
   * @returns whether the paragraph had text beside definitions
   */
  end(sink: Sink, level?: number): boolean {
    this.#decide(true)
    const { inline } = this
    const { text, settled } = inline
    inline.text = text.slice(0, Math.max(settled, spacesBefore(text, text.length)))
    if (settled < inline.text.length) this.#open()
    if (!this.#begun) return false
    inline.end(sink)
    if (level) sink.attribute('level', String(level))
    sink.close()
    return true
  }

  #open(task?: Task): void {
    if (!this.#begun) this.#host.open(task)
    this.#begun = true
  }

  /** Reads the definitions or the checkbox in front of the text. */
  #decide(final: boolean): void {
    const { inline } = this
    const { text } = inline
    while (this.#mayBeDefinition && inline.settled < text.length) {
      if (text[inline.settled] === '\n') inline.settled++
      const found = text[inline.settled] === '[' ? readDefinition(text, inline.settled, final) : undefined
      if (found === WAIT) {
        const left = text.length - inline.settled
        this.#nextRead = left > ALWAYS_READ_CHARS ? text.length + left / 4 : 0
        return
      }
      if (!found) {
        this.#mayBeDefinition = false
        this.#host.hasText()
        if (this.#mayBeTask) this.#readTask()
        inline.begin()
        return
      }
      const { name, target } = found.value
      if (!this.#labels.links.has(name)) this.#labels.links.set(name, target)
      inline.settled = found.end
      this.#mayBeTask = false
    }
  }

  #readTask(): void {
    const [box, mark] = TASK.exec(this.inline.text) ?? []
    this.#mayBeTask = box !== undefined
    if (box === undefined) return
    this.inline.settled = box.length
    this.#open(mark === ' ' ? 'open' : 'done')
  }

  #lastLine(): string {
    return this.inline.text.slice(this.inline.line)
  }

  /** Whether the last line may be the header of a table. @param ended whether that line is complete */
  #headerMayCome(ended: boolean): boolean {
    // A line that is forgotten in part was settled, so it was no header.
    const { text, line: start } = this.inline
    if (start < 0 || (this.#inFirstLine && this.#mayBeTask)) return false
    if (text.length - start > HEADER_CHARS) return false
    const line = this.#lastLine()
    const pipe = line.indexOf('|')
    return pipe < 0 ? !ended && line.length < HEADER_START_CHARS : pipe < HEADER_START_CHARS
  }
}
