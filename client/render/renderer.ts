/**
 * Streams Markdown into the DOM, each piece at once.
 *
 * Each write has the same order: write the settled text where the last preview began, mark where the new
 * preview begins, write it, and remove what is left of the old one. If nothing was settled and a long preview
 * only has more text at its end, that is all that is written.
 */
import { type DomOptions, DomSink } from './dom/dom-sink.ts'
import { createParser } from './parse/parser.ts'

export interface Renderer {
  write(text: string): void
  /** The written nodes were moved into another element. */
  moveTo(element: HTMLElement): void
  /** Writes the undecided rest for good. */
  end(): void
}

/**
 * @example
 *   const renderer = createRenderer(element, { labels })
 *   for await (const delta of deltas) renderer.write(delta)
 *   renderer.end()
 */
export function createRenderer(element: Element, options: DomOptions): Renderer {
  const sink = new DomSink(element, options)
  const parser = createParser(sink)
  return {
    write(text) {
      parser.write(text)
      const more = sink.showsPreview ? parser.moreOfPreview() : undefined
      if (more !== undefined) sink.continuePreview(more)
      else {
        sink.beginPreview()
        parser.preview()
      }
      sink.trimPreview()
    },
    moveTo: (element) => sink.moveTo(element),
    end() {
      sink.rewind()
      parser.end()
      sink.trimPreview()
      sink.end()
    },
  }
}
