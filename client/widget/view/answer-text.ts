/** Shows an answer's growing Markdown. The renderer is loaded when there is a first answer to show. */
import type { MarkdownView } from '../../render/markdown-view.ts'
import type { Strings } from '../strings/en.ts'

export interface AnswerText {
  append(text: string): void
  /** Removes the text after this beginning at once, when it was retracted. More text may follow. */
  shorten(text: string): void
  /** Shows all remaining text at once. */
  end(): void
  /** Removes all text, for a new answer. */
  clear(): void
}

interface Options {
  strings: Strings
  /** The origins that images may be loaded from. */
  imageOrigins: readonly string[]
  /** Called after each paint. */
  painted(): void
}

type Rendering = typeof import('./rendering.ts')

let loading: Promise<Rendering> | undefined

export function loadRendering(): Promise<Rendering> {
  loading ??= import('./rendering.ts').catch((error) => {
    loading = undefined
    throw error
  })
  return loading
}

export function createAnswerText(
  element: HTMLElement,
  { strings, imageOrigins, painted }: Options,
): AnswerText {
  let view: MarkdownView | undefined
  let text = ''
  let ended = false

  loadRendering().then(
    ({ createMarkdownView }) => {
      const labels = {
        copy: strings.copyCode,
        copied: strings.copied,
        notCopied: strings.notCopied,
        done: strings.taskDone,
        open: strings.taskOpen,
      }
      element.replaceChildren()
      element.classList.remove('plain')
      view = createMarkdownView(element, { labels, imageOrigins, onPaint: painted })
      if (text !== '') view.append(text)
      if (ended) view.end()
    },
    // Without the renderer, the answer is shown as plain text.
    () => {
      element.classList.add('plain')
      showPlain()
    },
  )

  function showPlain(): void {
    if (!element.classList.contains('plain')) return
    element.textContent = text
    painted()
  }

  return {
    append(more) {
      // Text after an end: render again, so that the last block is open.
      if (ended) view?.shorten(text)
      ended = false
      text += more
      if (view) view.append(more)
      else showPlain()
    },
    shorten(beginning) {
      text = beginning
      view?.shorten(beginning)
      // A retraction may follow a stop.
      if (ended) view?.end()
      if (!view) showPlain()
    },
    end() {
      // Only once: the renderer would start again.
      if (ended) return
      ended = true
      view?.end()
    },
    clear() {
      text = ''
      ended = false
      view?.clear()
      if (!view) element.replaceChildren()
    },
  }
}
