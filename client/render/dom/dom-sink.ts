/**
 * Writes parsed Markdown into the DOM. Model output becomes text nodes, or one of the attributes that this
 * file names.
 */
import type { Attribute, Kind, Sink } from '../parse/sink.ts'
import { withoutMarks } from '../parse/source-marks.ts'
import type { AddressRules } from './address.ts'
import { type CodeBlock, type CodeBlockOptions, createCodeBlock } from './code-block.ts'
import { Cursor, isLines, type Place } from './cursor.ts'
import { boxAround, create, createBox, createFor } from './elements.ts'
import { type FootnoteOptions, Footnotes } from './footnotes.ts'
import { createSign, separateHidden } from './hidden-characters.ts'
import { createImage } from './image.ts'
import { keepSelection } from './keep-selection.ts'
import { finishLink } from './link.ts'
import { LongParagraph } from './long-paragraph.ts'
import { Parts } from './parts.ts'
import { createRows, type Rows } from './rows.ts'
import { directionOf } from './text-direction.ts'

export interface DomOptions extends AddressRules, CodeBlockOptions, FootnoteOptions {
  /**
   * Labels of the copy button, and of a task's checkbox when it is checked (`done`) and when it is not
   * (`open`).
   */
  labels: CodeBlockOptions['labels'] & FootnoteOptions['labels'] & { done: string; open: string }
  /** Creates a mark of the source of this number (source-marks.ts). Without it there are no marks. */
  createMark?: (number: number) => HTMLElement
  /** Creates what shows a formula, by its source with its delimiters. Without it formulas are text. */
  createFormula?: (source: string) => HTMLElement
}

/** Where the content of a block begins: in an element, after a node. */
export interface BlockPlace {
  element: Element
  after: ChildNode | null
}

interface OpenElement {
  kind: Kind | 'root'
  cursor: Cursor
  place: BlockPlace
  attributes: Partial<Record<Attribute, string>>
  /** Whether this is a paragraph without an element of its own, as in a tight list. */
  flat: boolean
  long?: LongParagraph
  code?: CodeBlock
  rows?: Rows
  parts?: Parts
  /** The element that takes the side of its own text, and that side. */
  sided?: Element
  side?: 'ltr' | 'rtl' | undefined
  /** The element-less paragraphs of a tight list, which get elements if the list turns out to be loose. */
  tight?: BlockPlace[] | undefined
}

const SIDED = new Set<OpenElement['kind']>(['paragraph', 'heading', 'bullets', 'numbers'])
const HAS_NO_SIDE = new Set<OpenElement['kind']>(['code', 'code-block', 'math'])

/**
 * Content behind the cursor of a frame is final. A preview is written in front of it, and replaced with the
 * next write; the parts of a preview that turn out right keep their nodes. `renderer.ts` has the order of the
 * calls.
 */
export class DomSink implements Sink<BlockPlace> {
  readonly #options: DomOptions
  readonly #root: OpenElement
  /** The open elements, innermost first. */
  readonly #frames: OpenElement[]
  /** Text that is not yet in the DOM. Collecting it makes one DOM change of several `text` calls. */
  #text = ''
  /**
   * Where the preview begins: a cursor position, or an index in `#text` if that text is still to be written.
   */
  #preview: Place | number | undefined
  #showsPreview = false
  readonly #footnotes: Footnotes
  /** The open elements whose side is that of a preview. */
  #guessed: OpenElement[] = []

  constructor(root: Element, options: DomOptions) {
    this.#options = options
    this.#root = { ...openElementOf('root', new Cursor(root)), parts: new Parts(), sided: root }
    this.#footnotes = new Footnotes(options)
    this.#frames = [this.#root]
  }

  /** Whether a preview is shown behind which nothing was written. */
  get showsPreview(): boolean {
    return this.#showsPreview
  }

  /** Marks the current position: what is written from now on is a preview. */
  beginPreview(): void {
    this.rewind()
    const { last, offset } = this.#top.cursor
    this.#preview = this.#text === '' ? { last, offset } : this.#text.length
  }

  /** Adds text to the end of the preview. */
  continuePreview(text: string): void {
    this.#text = withoutMarks(text)
  }

  /** Removes the parts of the last preview that were not written again. */
  trimPreview(): void {
    this.#showsPreview = true
    this.#flush()
    trim(this.#top)
    for (const frame of this.#frames) removeOldSide(frame)
    this.#splitOffLines()
  }

  /**
   * Returns to where the preview began, as each write does first. Its nodes stay until other content replaces
   * them.
   */
  rewind(): void {
    if (!this.#showsPreview) return
    this.#showsPreview = false
    if (typeof this.#preview === 'object') Object.assign(this.#top.cursor, this.#preview)
    this.#preview = undefined
    this.#top.long?.rewind()
    for (const frame of this.#guessed) frame.side = undefined
    this.#guessed = []
  }

  /** The content was moved into another element. */
  moveTo(root: HTMLElement): void {
    const { side = '' } = this.#root
    this.#root.sided = root
    root.dir = side
    removeOldSide(this.#root)
  }

  /** All content is written. */
  end(): void {
    this.#footnotes.end()
  }

  open(kind: Kind, again?: BlockPlace): BlockPlace {
    this.rewind()
    this.#flush()
    this.#long?.addElement(this.#preview === undefined)
    const frame = again
      ? openElementOf(kind, new Cursor(again.element, again.after, true), again)
      : this.#begin(kind)
    this.#frames.unshift(frame)
    return frame.place
  }

  close(): void {
    this.rewind()
    this.#flush()
    const frame = this.#frames.shift()
    const outer = this.#top
    if (!frame) return
    const { kind, cursor, flat, attributes } = frame
    const { href, src = '', alt = '', title, label = '', tex = '' } = attributes
    const { createFormula } = this.#options
    if (cursor !== outer.cursor) trim(frame)
    removeOldSide(frame)
    if (kind === 'image') {
      const image = { src, alt, title }
      outer.cursor.put(`image ${JSON.stringify(image)}`, () => createImage(image, this.#options))
    } else if (kind === 'footnote-reference')
      outer.cursor.put(`${kind} ${label}`, () => this.#footnotes.createReference(label))
    else if (kind === 'source-mark')
      outer.cursor.put(`${kind} ${label}`, () => this.#options.createMark?.(Number(label)) ?? create('sup'))
    else if (kind === 'formula') {
      if (createFormula) outer.cursor.put(`${kind} ${tex}`, () => createFormula(tex))
      else this.text(tex)
    } else if (kind === 'link') finishLink(cursor.element, href, title, this.#options)
    else if (kind === 'row') outer.rows?.add(cursor.element)
    frame.code?.end()
    frame.rows?.end()
    if (flat) this.#endFlat(frame, outer)
    else frame.long?.end()
    if (kind === 'math' && createFormula)
      cursor.element.replaceChildren(createFormula(cursor.element.textContent))
  }

  text(text: string): void {
    this.rewind()
    // Those that mean something are no text.
    this.#text += withoutMarks(text)
  }

  attribute(name: Attribute, value: string): void {
    this.rewind()
    this.#flush()
    const frame = this.#top
    const { cursor, code, attributes } = frame
    attributes[name] = withoutMarks(value)
    if (name === 'level') this.#makeHeading(frame, `h${value}`)
    else if (name === 'loose') this.#loosen()
    else if (name === 'task') this.#putBox(cursor, value === 'done')
    else if (name === 'label' && frame.kind === 'footnote') this.#footnotes.label(cursor.element, value)
    else if (name === 'language') code?.setLanguage(withoutMarks(value))
    else if (name === 'align' || (name === 'start' && value !== '1')) cursor.element.setAttribute(name, value)
  }

  get #top(): OpenElement {
    return this.#frames[0] ?? this.#root
  }

  #flush(): void {
    const text = this.#text
    if (text === '') return
    this.#text = ''
    const { kind, code, cursor } = this.#top
    if (code) code.append(text)
    else if (kind === 'code') this.#writeCode(cursor, text)
    else cursor.text(text)
    const preview = this.#preview
    const settled = typeof preview === 'object' ? 0 : (preview ?? text.length)
    this.#long?.addText(settled, text.length - settled)
    this.#takeSides(text.slice(0, settled), false)
    this.#takeSides(text.slice(settled), true)
    if (typeof preview !== 'number') return
    this.#preview = cursor.placeBack(text.length - settled)
  }

  /** The paragraph that is written, also from inside its spans. */
  get #long(): LongParagraph | undefined {
    return this.#frames.find(({ long }) => long)?.long
  }

  /** Code in a line comes whole. */
  #writeCode(cursor: Cursor, text: string): void {
    const runs = separateHidden()
    for (const run of [...runs.push(text), ...runs.end()]) {
      if (typeof run === 'string') cursor.text(run)
      else cursor.put(`sign ${run}`, () => createSign(run, this.#options.labels.hidden))
    }
  }

  /** Gives the open elements the side of `text`, unless they have one. Code has no side. */
  #takeSides(text: string, preview: boolean): void {
    if (HAS_NO_SIDE.has(this.#top.kind)) return
    const frames = this.#sidedFrames()
    const undecided = frames.filter(({ side }) => !side)
    const side = undecided.length > 0 && directionOf(text)
    if (!side) return
    for (const frame of undecided) {
      frame.side = side
      // The elements around it have the same side now, or one that it must differ from.
      const outer = frames[frames.indexOf(frame) + 1]
      const inherits = outer && (outer.side ?? side) === side
      if (inherits) frame.sided?.removeAttribute('dir')
      else frame.sided?.setAttribute('dir', side)
    }
    if (preview) this.#guessed.push(...undecided)
  }

  /** The open elements that have a side, innermost first. A footnote is not where its Markdown is. */
  #sidedFrames(): OpenElement[] {
    const footnote = this.#frames.findIndex(({ kind }) => kind === 'footnote')
    const frames = footnote < 0 ? this.#frames : [...this.#frames.slice(0, footnote), this.#root]
    return frames.filter(({ sided }) => sided)
  }

  #begin(kind: Kind): OpenElement {
    if (kind === 'footnote')
      return openElementOf(
        kind,
        new Cursor(this.#footnotes.add(this.#root.sided ?? this.#root.cursor.element)),
      )
    const outer = this.#top
    // A preview must not start a part: parts can't be taken back.
    if (outer.parts && this.#preview === undefined) outer.cursor = outer.parts.next(outer.cursor)
    const { cursor } = outer
    const put = (element: Element, inner = element) => {
      cursor.put(kind, () => element)
      return openElementOf(kind, new Cursor(inner))
    }
    switch (kind) {
      case 'image':
      case 'footnote-reference':
      case 'formula':
      case 'source-mark':
        return openElementOf(kind, cursor)
      case 'code-block': {
        const code = createCodeBlock(this.#options)
        return { ...put(code.element, code.code), code }
      }
      case 'table': {
        const table = document.createElement('table')
        const box = boxAround(table)
        return { ...put(box, table), rows: createRows(table), sided: box }
      }
      case 'header': {
        const head = create('thead')
        const row = create('tr')
        head.append(row)
        cursor.element.append(head)
        return openElementOf(kind, new Cursor(row))
      }
      case 'row':
        return openElementOf(kind, new Cursor(create('tr')))
      case 'cell':
        return put(create(outer.kind === 'header' ? 'th' : 'td'))
      case 'paragraph': {
        const list = outer.kind === 'item' ? this.#frames[1] : undefined
        if (list?.tight) return this.#beginFlat(outer, list.tight)
      }
    }
    const element = cursor.put(kind, () => createFor(kind))
    const frame = openElementOf(kind, new Cursor(element))
    if (kind === 'item') outer.parts?.markItem(element)
    if (kind === 'paragraph' || kind === 'heading' || kind === 'math') frame.long = new LongParagraph(element)
    // What is in an item stands at the side of its list.
    if (kind === 'quote' || (SIDED.has(kind) && outer.kind !== 'item')) frame.sided = element
    if (kind === 'bullets' || kind === 'numbers') {
      Object.assign(frame, { tight: [], parts: new Parts(element) })
    }
    return frame
  }

  /** In a tight list, text stands directly in the item's element. */
  #beginFlat(item: OpenElement, tight: BlockPlace[]): OpenElement {
    const { element, last } = item.cursor
    const place = { element, after: last }
    if (this.#preview === undefined) tight.push(place)
    const frame = openElementOf('paragraph', new Cursor(element, last, true), place)
    return { ...frame, flat: true, long: new LongParagraph(element, last) }
  }

  #endFlat({ cursor, long }: OpenElement, item: OpenElement): void {
    const { last } = cursor
    let end: ChildNode | null = last
    while (end && isLines(end.parentNode)) end = end.parentNode
    const behind = end?.nextSibling
    long?.end()
    item.cursor.goTo(behind ? behind.previousSibling : last && item.cursor.element.lastChild)
  }

  /** The list turned out to be loose: give each paragraph so far its own element. */
  #loosen(): void {
    const list = this.#top.kind === 'item' ? this.#frames[1] : this.#top
    if (!list?.tight) return
    const { tight } = list
    list.tight = undefined
    keepSelection(list.place.element, () => {
      for (const place of tight) this.#wrap(place, create('p'))
    })
  }

  #makeHeading(frame: OpenElement, tag: string): void {
    const { place, flat } = frame
    const [, outer, list] = this.#frames
    trim(frame)
    frame.long?.end()
    const { element } = place
    if (element.localName === tag) return
    const heading = create(tag)
    const side = element.getAttribute('dir')
    if (frame.sided) frame.sided = heading
    if (frame.sided && side) heading.dir = side
    if (flat && list?.tight) list.tight = list.tight.filter((other) => other !== place)
    keepSelection(element, () => {
      if (flat) return this.#wrap(place, heading)
      heading.append(...element.childNodes)
      element.replaceWith(heading)
      Object.assign(place, { element: heading, after: null })
    })
    outer?.cursor.goTo(heading)
    frame.flat = false
    frame.cursor = new Cursor(heading, heading.lastChild)
  }

  /** Wraps a paragraph of a tight list in an element. */
  #wrap(place: BlockPlace, element: Element): void {
    const item = place.element
    new Cursor(item, place.after, true).wrap(element)
    for (const { cursor } of this.#frames) {
      if (cursor.element === item && element.contains(cursor.last)) cursor.goTo(element)
    }
    Object.assign(place, { element, after: null })
  }

  #putBox(cursor: Cursor, done: boolean): void {
    const { labels } = this.#options
    cursor.element.className = 'task'
    cursor.put('box', () => createBox(done ? labels.done : labels.open, done))
  }

  #splitOffLines(): void {
    const { long, cursor } = this.#top
    const settled = this.#preview
    if (!long || typeof settled !== 'object') return
    const split = long.splitOffLines(settled, cursor)
    if (!split) return
    for (const place of [settled, cursor]) {
      if (place.last !== split.node || place.offset <= split.index) continue
      place.last = split.rest
      place.offset -= split.index
    }
  }
}

/** The side of a preview that was not written again. */
function removeOldSide({ sided, side }: OpenElement): void {
  if (!side) sided?.removeAttribute('dir')
}

function trim({ cursor, code, rows }: OpenElement): void {
  // The content of code blocks and tables is not written with a cursor.
  if (!code && !rows) cursor.trim()
}

function openElementOf(
  kind: OpenElement['kind'],
  cursor: Cursor,
  place: BlockPlace = { element: cursor.element, after: null },
): OpenElement {
  return { kind, cursor, place, attributes: {}, flat: false }
}
