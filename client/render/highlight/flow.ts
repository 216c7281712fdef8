/**
 * The colours of one text node. They are given to the browser only while the text is in view: with each change of the page
 * it goes through all the colours it has, so a long answer would slow down all that comes after it.
 */
import type { Kind } from './kinds.ts'

/** A little more than what is in view: it scrolls in coloured. */
const AROUND = '25%'

export class Flow {
  readonly #text: Text
  readonly #ranges: [Kind, StaticRange][] = []
  /** As many of them the browser has. */
  #shown = 0
  #inView = false

  constructor(text: Text) {
    this.#text = text
  }

  /** The text between two places, which stay as they are. Unlike a live range it costs nothing when the text grows. */
  add(start: number, end: number, kind: Kind): void {
    const place = { startContainer: this.#text, startOffset: start, endContainer: this.#text, endOffset: end }
    this.#ranges.push([kind, new StaticRange(place)])
  }

  /** Shows what was added. */
  show(): void {
    if (!this.#inView) return
    for (const [kind, range] of this.#ranges.slice(this.#shown)) highlightOf(kind).add(range)
    this.#shown = this.#ranges.length
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

const flows = new WeakMap<Element, Flow>()

/** What leaves the page leaves the view, too. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) flows.get(target)?.setInView(isIntersecting)
  },
  { rootMargin: AROUND, scrollMargin: AROUND },
)

/** @param text the first one in its element, which has no other flow */
export function watchFlow(text: Text): Flow {
  const flow = new Flow(text)
  const { parentElement } = text
  if (parentElement) {
    flows.set(parentElement, flow)
    observer.observe(parentElement)
  }
  return flow
}

/** Those of the whole page: all views share them. */
function highlightOf(kind: Kind): Highlight {
  const name = `millrace-${kind}`
  const known = CSS.highlights.get(name)
  if (known) return known
  const highlight = new Highlight()
  CSS.highlights.set(name, highlight)
  return highlight
}
