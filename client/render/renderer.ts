/** Markdown that arrives in pieces → elements of the page, each piece at once. */
import { type DomOptions, DomSink } from './dom/dom-sink.ts'
import { createParser } from './parse/parser.ts'

export interface Renderer {
  write(text: string): void
  /** Shows what was left in doubt. */
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
      sink.back()
      parser.write(text)
      sink.guess()
      parser.preview()
      sink.trim()
    },
    end() {
      sink.back()
      parser.end()
      sink.trim()
    },
  }
}
