/** Members of `stream_options` that are Millrace's own, and what they do. They never go upstream. */
import type { OwnOptions } from '../protocol/wire.ts'
import type { VisitorRules } from './format.ts'
import words from './suggestions.txt'

/** @returns the same object if it has none of them */
export function withoutOwn<T extends OwnOptions>(options: T): T {
  const { include_timing: timing, include_suggestions: suggestions, ...others } = options
  return timing === undefined && suggestions === undefined ? options : (others as T)
}

/** What stands before a visitor's messages; `undefined`: nothing. */
export function ownersPrompt(
  { systemPrompt, suggestions }: VisitorRules,
  options: OwnOptions | null | undefined,
): string | undefined {
  const asks = suggestions === true && options?.include_suggestions === true
  return asks ? withSuggestions(systemPrompt) : systemPrompt
}

/** The owner's prompt, with what asks for suggestions. */
export const withSuggestions = (systemPrompt: string | undefined): string =>
  systemPrompt === undefined ? words.trim() : `${systemPrompt}\n\n${words.trim()}`
