/** Loads the highlighter on demand, as most answers need none. */
import type { Highlighter } from './highlighter.ts'

/** @param language the fence's language in lower case, one of `known-languages.ts` */
export type LoadHighlighter = (language: string) => Promise<Highlighter>

export const loadHighlighter: LoadHighlighter = async (language) => {
  const { createHighlighter } = await import('./highlighter.ts')
  return createHighlighter(language)
}
