/**
 * The footnotes of an answer, in a list after its text, and the references to them. [gfm] footnotes
 *
 * While the answer grows, a reference has a number and leads nowhere, like a link whose address is still
 * arriving. At its end all are numbered in the order of the references, and linked both ways. A footnote
 * without a reference comes after the others: GitHub drops it, but the reader may have seen it by then.
 *
 * A link to an id leads nowhere from a shadow tree, and would change the address of the host's page. The
 * links therefore move the focus on their own.
 */
import { create } from './elements.ts'

export interface FootnoteOptions {
  labels: {
    /** Names the list. */
    footnotes: string
    /** Names a link from a footnote back to the text. */
    backToText: string
  }
  /** Starts the ids of footnotes. It must differ from that of other answers in the same tree. */
  idPrefix?: string
}

/** Without U+FE0E, some systems show an emoji. */
const BACK = '\u21a9\ufe0e'

export class Footnotes {
  readonly #options: FootnoteOptions
  /** The numbers so far, by label, in the order in which labels came. */
  readonly #numbers = new Map<string, number>()
  #list: HTMLElement | undefined

  constructor(options: FootnoteOptions) {
    this.#options = options
  }

  /** @returns the element for the footnote's blocks */
  add(answer: Element): HTMLElement {
    const item = create('li')
    this.#list ??= this.#createList(answer)
    this.#list.append(item)
    return item
  }

  /** Sets the label of a footnote. */
  label(item: Element, label: string): void {
    item.setAttribute('data-note', label)
    item.setAttribute('value', String(this.#numberOf(label)))
  }

  createReference(label: string): HTMLElement {
    const reference = create('sup')
    reference.dataset.note = label
    const link = create('a')
    link.textContent = String(this.#numberOf(label))
    reference.append(link)
    return reference
  }

  /** Numbers and links all footnotes. The answer is complete. */
  end(): void {
    const list = this.#list
    if (!list) return
    const { idPrefix = 'footnote', labels } = this.#options
    const all = referencesByFootnote(list)
    const items = [...all.keys()]
    if (items.some((item, index) => list.children[index] !== item)) list.append(...items)
    for (const [index, [item, references]] of [...all].entries()) {
      const number = String(index + 1)
      item.setAttribute('value', number)
      item.id = `${idPrefix}-${number}`
      item.tabIndex = -1
      for (const [use, reference] of references.entries()) {
        const link = reference.firstElementChild as HTMLAnchorElement
        if (link.textContent !== number) link.textContent = number
        link.id = `${item.id}-from-${use + 1}`
        link.role = 'doc-noteref'
        leadTo(link, item)
        const back = create('a') as HTMLAnchorElement
        back.className = 'back'
        back.role = 'doc-backlink'
        back.ariaLabel = labels.backToText
        back.textContent = BACK
        leadTo(back, link)
        const last = item.lastElementChild
        const place = last?.localName === 'p' ? last : item
        place.append(' ', back)
      }
    }
  }

  #numberOf(label: string): number {
    const number = this.#numbers.get(label) ?? this.#numbers.size + 1
    this.#numbers.set(label, number)
    return number
  }

  #createList(answer: Element): HTMLElement {
    const section = create('section')
    section.role = 'doc-endnotes'
    section.ariaLabel = this.#options.labels.footnotes
    const list = create('ol')
    section.append(list)
    answer.append(section)
    return list
  }
}

/**
 * The footnotes in the order of their first references, and all references to each. Those in the text come
 * before those in footnotes.
 */
function referencesByFootnote(list: HTMLElement): Map<HTMLElement, Element[]> {
  const items = [...list.children] as HTMLElement[]
  const byLabel = new Map(items.map((item) => [item.dataset.note, item]))
  const all = new Map<HTMLElement, Element[]>()
  const visit = (references: Iterable<HTMLElement>) => {
    for (const reference of references) {
      const item = byLabel.get(reference.dataset.note)
      if (!item) continue
      const references = all.get(item) ?? []
      references.push(reference)
      all.set(item, references)
    }
  }
  const answer = list.parentElement?.parentElement
  visit([...(answer?.querySelectorAll<HTMLElement>('sup') ?? [])].filter((each) => !list.contains(each)))
  // Goes on with what it adds.
  for (const item of all.keys()) visit(item.querySelectorAll('sup'))
  for (const item of items) if (!all.has(item)) all.set(item, [])
  return all
}

function leadTo(link: HTMLAnchorElement, target: HTMLElement): void {
  link.href = `#${target.id}`
  link.addEventListener('click', (event) => {
    event.preventDefault()
    target.focus()
  })
}
