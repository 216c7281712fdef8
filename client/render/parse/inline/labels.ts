/** What the labels of a document stand for, as far as it has been read. */
import { normalizeLabel, type Target } from './link.ts'

/** `[^1]`. A label with white space is no footnote's. [gfm] footnotes */
const NOTE = /^\^[^\s[\]\\`<]{1,999}$/
/** A label that is hardly ever written for another purpose, unlike `[^a-z]`. */
const LIKELY_NOTE = /^\^\d{1,3}$/

export class Labels {
  readonly links = new Map<string, Target>()
  /** The labels of footnotes, with their `^`. */
  readonly footnotes = new Set<string>()
  /** Whether the document has been read, so that a label without a definition has none. */
  complete = false

  has(name: string): boolean {
    return this.links.has(name) || this.footnotes.has(name)
  }
}

/** @returns the normalized label of a footnote, or `undefined` if it can't be one */
export function footnoteLabel(label: string): string | undefined {
  return NOTE.test(label) ? normalizeLabel(label) : undefined
}

/** Whether a footnote with this label most likely comes. */
export function isLikelyFootnote(label: string): boolean {
  return LIKELY_NOTE.test(label)
}
