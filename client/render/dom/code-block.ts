/** A growing block of code: its language, a copy button, and its text, coloured if the language is known. */
import type { Colouring } from '../highlight/highlighter.ts'
import { KNOWN_LANGUAGES } from '../highlight/known-languages.ts'
import { type LoadHighlighter, loadHighlighter } from '../highlight/load-highlighter.ts'
import { CodeText } from './code-text.ts'
import { type CopyLabels, createCopyButton } from './copy-button.ts'
import { createSign, type Run, separateHidden } from './hidden-characters.ts'

export interface CodeBlockOptions {
  /** `hidden`: what the sign of a character is called that would not be seen. */
  labels: CopyLabels & { hidden: string }
  /** Replaces the default loader of highlighters, for example to load from another origin or to retry. */
  loadHighlighter?: LoadHighlighter
}

export interface CodeBlock {
  element: HTMLElement
  code: HTMLElement
  setLanguage(language: string): void
  append(text: string): void
  end(): void
}

export function createCodeBlock({
  labels,
  loadHighlighter: load = loadHighlighter,
}: CodeBlockOptions): CodeBlock {
  const element = document.createElement('div')
  element.className = 'code'
  element.part = 'code'
  const bar = document.createElement('div')
  bar.className = 'code-bar'
  const name = document.createElement('span')
  name.part = 'code-language'
  const pre = document.createElement('pre')
  // Long lines overflow: the focusable `pre` can be scrolled with the keyboard.
  pre.tabIndex = 0
  const code = document.createElement('code')
  bar.append(name, createCopyButton(code, labels))
  pre.append(code)
  element.append(bar, pre)
  const runs = separateHidden()
  const content = new CodeText(code)
  let colouring: Colouring | undefined
  let ended = false

  async function colour(language: string): Promise<void> {
    if (!KNOWN_LANGUAGES.has(language) || !('highlights' in CSS)) return
    try {
      const highlight = await load(language)
      colouring = highlight(code)
      if (ended) colouring.end()
    } catch {
      // Code stays readable without colours.
    }
  }

  function write(next: Run[]): void {
    for (const run of next) {
      if (typeof run === 'string') content.append(run)
      else content.appendElement(createSign(run, labels.hidden))
    }
  }

  return {
    element,
    code,
    setLanguage(language) {
      name.textContent = language
      code.className = `language-${language}`
      void colour(language.toLowerCase())
    },
    append(text) {
      write(runs.push(text))
      if (text.includes('\n')) colouring?.grow()
    },
    end() {
      write(runs.end())
      ended = true
      colouring?.end()
    },
  }
}
