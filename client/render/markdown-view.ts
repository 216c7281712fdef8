/** Shows Markdown that grows delta by delta, and leaves the page its time, however long it gets. */
import type { DomOptions } from './dom/dom-sink.ts'
import { createRenderer, type Renderer } from './renderer.ts'
import { replaceRest } from './replace-rest.ts'

export interface ViewOptions extends DomOptions {
  /** Called when more is to be seen, or less: once a frame at the most, and at the end. */
  onPaint?: () => void
}

export interface MarkdownView {
  append(text: string): void
  /**
   * The end of the answer was taken back: shows this beginning of it, at once. Blocks that are the same stay as they are;
   * where they name a link that is defined only further on, they go on naming it.
   */
  shorten(text: string): void
  /** Shows all that is left, at once. */
  end(): void
  /** Starts anew. */
  clear(): void
}

/** Of the page's time, a view that shows all it has takes no more than this part. */
const MOST_BUSY = 1 / 4
/** Nor does it wait longer, whatever else the page was busy with. */
const MOST_WAIT_MS = 250
/** A frame takes as much text as can be written in about this time, in pieces that begin small and become larger. */
const FRAME_MS = 8
const FIRST_PIECE_CHARS = 32

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
export function createMarkdownView(element: Element, options: ViewOptions): MarkdownView {
  const { onPaint } = options
  let renderer: Renderer | undefined
  let waiting = ''
  let frame: number | undefined
  let notBefore = 0

  function write(most: number): void {
    const text = waiting.slice(0, most)
    waiting = waiting.slice(most)
    renderer ??= createRenderer(element, options)
    if (text !== '') renderer.write(text)
  }

  function paint(now: number): void {
    frame = undefined
    if (now < notBefore) {
      paintSoon()
      return
    }
    const began = performance.now()
    for (let piece = FIRST_PIECE_CHARS; waiting !== ''; piece *= 2) {
      write(piece)
      if (performance.now() > began + FRAME_MS) break
    }
    if (waiting !== '') paintSoon()
    else restAfter(began)
    onPaint?.()
  }

  function restAfter(began: number): void {
    // Seen from after the frame's layout and paint, of which the text is the cause.
    setTimeout(() => {
      const wait = (performance.now() - began) / MOST_BUSY
      notBefore = began + Math.min(wait, MOST_WAIT_MS)
    })
  }

  function paintSoon(): void {
    frame ??= requestAnimationFrame(paint)
  }

  function cancel(): void {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
  }

  function clear(): void {
    cancel()
    waiting = ''
    renderer = undefined
    element.replaceChildren()
  }

  return {
    append(text) {
      waiting += text
      paintSoon()
    },
    shorten(text) {
      const fresh = document.createElement('div')
      const short = createRenderer(fresh, options)
      short.write(text)
      cancel()
      waiting = ''
      if (fresh.childNodes.length > 1) {
        replaceRest(element, fresh)
        renderer = short
      } else {
        // An only block may be a guess, and what turns out instead comes where it was written.
        element.replaceChildren()
        renderer = createRenderer(element, options)
        renderer.write(text)
      }
      onPaint?.()
    },
    end() {
      // Not left to the frame: in a hidden tab there is none.
      cancel()
      write(waiting.length)
      renderer?.end()
      renderer = undefined
      onPaint?.()
    },
    clear,
  }
}
