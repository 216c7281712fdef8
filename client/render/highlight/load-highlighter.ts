/** The only way to the highlighter, which most answers never need. */
import type { Highlighter } from './highlighter.ts'

/** @param language as a fence names it, in lower case: one of those in known-languages.ts */
export type LoadHighlighter = (language: string) => Promise<Highlighter>

export const loadHighlighter: LoadHighlighter = async (language) => {
  const { createHighlighter } = await import('./highlighter.ts')
  return createHighlighter(language)
}
