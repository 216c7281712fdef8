/** Shows an answer's growing Markdown. The renderer is loaded when there is a first answer to show. */
import { createFormulas } from '../../render/formula/create-formula.ts'
import type { MarkdownView } from '../../render/markdown-view.ts'
import { withoutCitationMarks } from '../../render/parse/citation-marks.ts'
import { withoutMarks } from '../../render/parse/source-marks.ts'
import { lazily } from '../lazily.ts'
import type { Strings } from '../strings/en.ts'
import { adopt } from '../style/adopt.ts'

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
  /** Where the element is, or will be: it takes the style of the Markdown. */
  tree: Document | ShadowRoot
  strings: Strings
  /** The origins that images may be loaded from. */
  imageOrigins: readonly string[]
  /** Whether formulas are shown as such. */
  math?: boolean
  /** Creates a mark of the source of this number. */
  createMark?: (number: number) => HTMLElement
  /** Called after each paint. */
  painted(): void
  /** Called once the text is shown as it comes: the renderer is there, or the text is plain without it. */
  rendered?(): void
}

type Rendering = typeof import('./rendering.ts')

export const loadRendering = lazily((): Promise<Rendering> => import('./rendering.ts'))

export function createAnswerText(
  element: HTMLElement,
  { tree, strings, imageOrigins, math = false, createMark, painted, rendered }: Options,
): AnswerText {
  let view: MarkdownView | undefined
  let text = ''
  let ended = false
  /** A failed load is retried once per answer, not at each token: the page may block the renderer. */
  let mayLoadAgain = true

  function load(): void {
    const shown = loadRendering().then(render, () => {
      // Without the renderer, the answer is shown as plain text.
      element.classList.add('plain')
      showPlain()
    })
    if (rendered) void shown.then(rendered)
  }

  async function loadFormulas() {
    const { FORMULA_STYLES, showFormula } = await import('./formulas.ts')
    adopt(tree, FORMULA_STYLES)
    return { showFormula }
  }

  function render({ createMarkdownView, MARKDOWN_STYLES }: Rendering): void {
    adopt(tree, MARKDOWN_STYLES)
    const labels = {
      copy: strings.copyCode,
      copied: strings.copied,
      notCopied: strings.notCopied,
      hidden: strings.hiddenCharacter,
      done: strings.taskDone,
      open: strings.taskOpen,
      footnotes: strings.footnotes,
      backToText: strings.backToText,
    }
    element.replaceChildren()
    element.classList.remove('plain')
    view = createMarkdownView(element, {
      labels,
      imageOrigins,
      ...(createMark && { createMark }),
      ...(math && { createFormula: createFormulas(strings, loadFormulas) }),
      onPaint: painted,
    })
    if (text !== '') view.append(text)
    if (ended) view.end()
  }

  const isPlain = () => element.classList.contains('plain')

  function showPlain(): void {
    if (!isPlain()) return
    element.textContent = withoutMarks(withoutCitationMarks(text))
    painted()
  }

  load()

  return {
    append(more) {
      // Text after an end: render again, so that the last block is open.
      if (ended) view?.shorten(text)
      ended = false
      text += more
      if (view) {
        view.append(more)
        return
      }
      showPlain()
      // More text means that the connection works again, with which the renderer may have been lost.
      if (!isPlain() || !mayLoadAgain) return
      mayLoadAgain = false
      load()
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
