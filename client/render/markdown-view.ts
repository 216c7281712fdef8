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
/** As much text is written at once as can be in about this time, in pieces that begin small and become larger. */
const FRAME_MS = 8
const FIRST_PIECE_CHARS = 32

/**
 * Deltas are collected until what came before is painted: more often nobody sees them, and each costs a layout. They are
 * written and laid out in a task of their own, and painted in that of a frame: of two short tasks a page feels neither.
 * Where that takes long, for a slow machine or a giant table, they are collected for longer.
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
  /** Whether text is to be written soon, or was just now. */
  let busy = false
  let cancel = () => {}

  function write(most: number): void {
    const text = waiting.slice(0, most)
    waiting = waiting.slice(most)
    renderer ??= createRenderer(element, options)
    if (text !== '') renderer.write(text)
  }

  function paint(): void {
    const began = performance.now()
    for (let piece = FIRST_PIECE_CHARS; waiting !== ''; piece *= 2) {
      write(piece)
      if (performance.now() > began + FRAME_MS) break
    }
    onPaint?.()
    // Lays it out.
    element.getBoundingClientRect()
    const took = performance.now() - began
    const isBehind = waiting !== ''
    cancel = afterFrame((frameMs) => {
      if (isBehind) return paint()
      const wait = Math.min((took + frameMs) / MOST_BUSY, MOST_WAIT_MS)
      cancel = after(began + wait - performance.now(), goOn)
    })
  }

  function goOn(): void {
    if (waiting === '') busy = false
    else paint()
  }

  function paintSoon(): void {
    if (busy) return
    busy = true
    cancel = after(0, paint)
  }

  function stop(): void {
    cancel()
    busy = false
  }

  function clear(): void {
    stop()
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
      stop()
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
      stop()
      write(waiting.length)
      renderer?.end()
      renderer = undefined
      onPaint?.()
    },
    clear,
  }
}

/** @returns what keeps it from being done, here and below */
function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

/** Does `work` once a frame was painted, and tells it how long that took. */
function afterFrame(work: (frameMs: number) => void): () => void {
  let cancel = () => {}
  const frame = requestAnimationFrame(() => {
    const began = performance.now()
    cancel = after(0, () => work(performance.now() - began))
  })
  return () => {
    cancelAnimationFrame(frame)
    cancel()
  }
}
