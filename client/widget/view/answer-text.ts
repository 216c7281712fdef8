/** Shows an answer's Markdown as it grows, with a renderer that is loaded when there is a first answer to show. */
import type { MarkdownView } from '../../render/markdown-view.ts'
import type { Strings } from '../strings/en.ts'

export interface AnswerText {
  append(text: string): void
  /** Shows this beginning of it alone, at once: the rest was taken back. It may go on from there. */
  shorten(text: string): void
  /** Shows all that is left, at once. */
  end(): void
  /** Starts anew. */
  clear(): void
}

interface Options {
  strings: Strings
  /** Origins whose images may be loaded. */
  imageOrigins: readonly string[]
  /** Told after each time that something was painted. */
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
    // Without the renderer an answer is what it is for a terminal: text.
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
      // It goes on after all: rendered anew, without an end.
      if (ended) view?.shorten(text)
      ended = false
      text += more
      if (view) view.append(more)
      else showPlain()
    },
    shorten(beginning) {
      text = beginning
      view?.shorten(beginning)
      // Also after a stop something can be taken back.
      if (ended) view?.end()
      if (!view) showPlain()
    },
    end() {
      // Once: an end of nothing more would begin it anew.
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
