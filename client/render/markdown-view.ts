/**
 * Displays Markdown that grows delta by delta, within a bounded share of the page's time however long it
 * gets.
 */
import type { DomOptions } from './dom/dom-sink.ts'
import { createRenderer, type Renderer } from './renderer.ts'
import { lastBlock, replaceRest } from './replace-rest.ts'

export interface ViewOptions extends DomOptions {
  /** Called after the displayed content changed: at most once a frame, and at the end. */
  onPaint?: () => void
}

export interface MarkdownView {
  append(text: string): void
  /**
   * Replaces the content at once by `text`, a beginning of it, when the end of an answer was retracted.
   * Blocks that stay the same keep their nodes. A link in them keeps its target, even if the definition of
   * that target was retracted.
   */
  shorten(text: string): void
  /** Displays all remaining text at once. */
  end(): void
  /** Removes all content, for a new answer. */
  clear(): void
}

/** How many views there were. It makes the ids of their footnotes differ. */
let views = 0

/** Largest share of the page's time that one view takes. */
const MAX_BUSY_SHARE = 1 / 4
/** Longest wait between two paints, whatever that share demands. */
const MAX_WAIT_MS = 250
/**
 * Time that one paint may write for. Text is written in pieces that double in size until this time is used
 * up.
 */
const FRAME_MS = 8
const FIRST_PIECE_CHARS = 32

/**
 * Creates the view.
 *
 * Deltas are collected until the previous ones are painted: painting more often is invisible, and each paint
 * costs a layout. Text is written and laid out in one task, and painted in the task of a frame, because two
 * short tasks block the page less than a long one. Writing that takes long, as the first does because it
 * compiles the code, is a task of its own. The wait between paints grows with their cost, on a slow machine
 * or for a huge table.
 *
 * @param element holds the answer and nothing else; `markdown.css` styles the class `markdown`
 * @example
 *   const view = createMarkdownView(element, { labels })
 *   for await (const delta of deltas) view.append(delta)
 *   view.end()
 */
export function createMarkdownView(element: HTMLElement, given: ViewOptions): MarkdownView {
  const options = { idPrefix: `answer-${++views}-footnote`, ...given }
  const { onPaint } = options
  let renderer: Renderer | undefined
  let waiting = ''
  /** Whether a write is scheduled, or a paint not yet over. */
  let busy = false
  let cancel = () => {}

  function write(maxChars: number): void {
    const text = waiting.slice(0, maxChars)
    waiting = waiting.slice(maxChars)
    renderer ??= createRenderer(element, options)
    if (text !== '') renderer.write(text)
  }

  function paint(): void {
    const began = performance.now()
    for (let piece = FIRST_PIECE_CHARS; waiting !== ''; piece *= 2) {
      write(piece)
      if (performance.now() > began + FRAME_MS) break
    }
    const took = performance.now() - began
    if (took <= FRAME_MS) layOut(began, took)
    else cancel = after(0, () => layOut(began, took))
  }

  function layOut(began: number, writingMs: number): void {
    const written = performance.now()
    onPaint?.()
    // Forces layout, so that its time is measured here.
    element.getBoundingClientRect()
    const took = writingMs + performance.now() - written
    const isBehind = waiting !== ''
    cancel = afterFrame((frameMs) => {
      if (isBehind) return paint()
      const wait = Math.min((took + frameMs) / MAX_BUSY_SHARE, MAX_WAIT_MS)
      cancel = after(began + wait - performance.now(), continuePainting)
    })
  }

  function continuePainting(): void {
    if (waiting === '') rest()
    else paint()
  }

  function paintSoon(): void {
    if (busy) return
    busy = true
    document.addEventListener('visibilitychange', catchUp)
    cancel = after(0, paint)
  }

  function rest(): void {
    busy = false
    document.removeEventListener('visibilitychange', catchUp)
  }

  function stop(): void {
    cancel()
    rest()
  }

  /** A hidden tab has no frames: write all text before it hides, and for the first frame when it is back. */
  function catchUp(): void {
    stop()
    write(waiting.length)
    onPaint?.()
  }

  function clear(): void {
    stop()
    waiting = ''
    renderer = undefined
    element.replaceChildren()
    element.removeAttribute('dir')
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
      if (lastBlock(fresh)?.previousSibling) {
        replaceRest(element, fresh)
        short.moveTo(element)
        renderer = short
      } else {
        // An only block may be a preview that is replaced, so it can't be continued: render anew in place.
        element.replaceChildren()
        renderer = createRenderer(element, options)
        renderer.write(text)
      }
      onPaint?.()
    },
    end() {
      // Written now, not in the next frame: a hidden tab has no frames.
      stop()
      write(waiting.length)
      renderer?.end()
      renderer = undefined
      onPaint?.()
    },
    clear,
  }
}

/** @returns a function that cancels the work */
function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

/**
 * Calls `work` after the next frame was painted, with the time that the frame took.
 *
 * @returns a function that cancels it
 */
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
