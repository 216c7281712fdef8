/** Shows Markdown that grows delta by delta, and leaves the page its time, however long it gets. */
import type { DomOptions } from './dom/dom-sink.ts'
import { createRenderer, type Renderer } from './renderer.ts'

export interface MarkdownView {
  append(text: string): void
  /** Shows all that is left, at once. */
  end(): void
  /** Starts anew. */
  clear(): void
}

/** Of the page's time, a view takes no more than this part. */
const MOST_BUSY = 1 / 4
/** Nor does it wait longer, whatever else the page was busy with. */
const MOST_WAIT_MS = 250

/**
 * Deltas are collected until the next frame: more often nobody sees them, and each costs a layout. Where a frame takes
 * long, for a slow machine or a giant table, they are collected for longer.
 *
 * @param element what the answer alone is in; `markdown.css` is for the class `markdown`
 * @example
 *   const view = createMarkdownView(element, { labels })
 *   for await (const delta of deltas) view.append(delta)
 *   view.end()
 */
export function createMarkdownView(element: Element, options: DomOptions): MarkdownView {
  let renderer: Renderer | undefined
  let waiting = ''
  let frame: number | undefined
  let notBefore = 0

  function write(): void {
    const text = waiting
    waiting = ''
    renderer ??= createRenderer(element, options)
    if (text !== '') renderer.write(text)
  }

  function paint(now: number): void {
    if (now < notBefore) {
      frame = requestAnimationFrame(paint)
      return
    }
    frame = undefined
    const began = performance.now()
    write()
    // After the frame's layout and paint, of which this is the cause.
    setTimeout(() => {
      const wait = (performance.now() - began) / MOST_BUSY
      notBefore = began + Math.min(wait, MOST_WAIT_MS)
    })
  }

  function cancel(): void {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
  }

  return {
    append(text) {
      waiting += text
      frame ??= requestAnimationFrame(paint)
    },
    end() {
      // Not left to the frame: in a hidden tab there is none.
      cancel()
      write()
      renderer?.end()
      renderer = undefined
    },
    clear() {
      cancel()
      waiting = ''
      renderer = undefined
      element.replaceChildren()
    },
  }
}
