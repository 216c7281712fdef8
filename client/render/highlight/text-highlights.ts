/**
 * The highlights of one text node. The browser has them only while the text is in view: it visits all
 * registered highlights on each change of the page, so a long answer would slow everything after it.
 */
import type { TokenKind } from './kinds.ts'

/** Margin around the view: text is coloured before it scrolls in. */
const AROUND = '25%'

export class TextHighlights {
  readonly #text: Text
  readonly #ranges: [TokenKind, StaticRange][] = []
  /** How many of `#ranges` are registered with the browser. */
  #shown = 0
  #inView = false

  constructor(text: Text) {
    this.#text = text
  }

  /** Adds a highlight. Static ranges are used because a live range costs time when its text grows. */
  add(start: number, end: number, kind: TokenKind): void {
    const place = { startContainer: this.#text, startOffset: start, endContainer: this.#text, endOffset: end }
    this.#ranges.push([kind, new StaticRange(place)])
  }

  /** Registers the highlights added since the last call. */
  show(): void {
    if (!this.#inView) return
    for (const [kind, range] of this.#ranges.slice(this.#shown)) highlightOf(kind).add(range)
    this.#shown = this.#ranges.length
  }

  get inView(): boolean {
    return this.#inView
  }

  setInView(inView: boolean): void {
    this.#inView = inView
    if (inView) {
      this.show()
      return
    }
    for (const [kind, range] of this.#ranges.slice(0, this.#shown)) highlightOf(kind).delete(range)
    this.#shown = 0
  }
}

/** By the element of the texts. */
const watched = new WeakMap<Element, TextHighlights[]>()

/** Also reports elements that leave the page as out of view. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      for (const highlights of watched.get(target) ?? []) highlights.setInView(isIntersecting)
    }
  },
  { rootMargin: AROUND, scrollMargin: AROUND },
)

export function watchText(text: Text): TextHighlights {
  const highlights = new TextHighlights(text)
  const { parentElement } = text
  if (parentElement) {
    const others = watched.get(parentElement) ?? []
    highlights.setInView(others[0]?.inView ?? false)
    watched.set(parentElement, [...others, highlights])
    observer.observe(parentElement)
  }
  return highlights
}

/** Registries are one for the page, so all views share these. */
function highlightOf(kind: TokenKind): Highlight {
  const name = `millrace-${kind}`
  const known = CSS.highlights.get(name)
  if (known) return known
  const highlight = new Highlight()
  CSS.highlights.set(name, highlight)
  return highlight
}
