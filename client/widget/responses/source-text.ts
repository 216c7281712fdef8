/** An answer's sources in text: as Markdown's footnotes, and as they are spoken. */
import { withoutCitationMarks } from '../../render/parse/citation-marks.ts'
import type { Source } from '../../stream/stream-format.ts'
import type { Strings } from '../strings/en.ts'
import { type ListedSource, numberSources } from './cited-sources.ts'
import { hostOf, isWeb } from './web-address.ts'

/**
 * The answer with footnotes.
 *
 * @param prefix of their labels, which have to differ within a text
 */
export function withFootnotes(
  answer: string,
  sources: readonly Source[],
  prefix = 's',
): { text: string; footnotes: string } {
  const { list, mark } = numberSources(sources)
  const label = (number: number) => `[^${prefix}${number}]`
  const footnotes = list.map((source, index) => `${label(index + 1)}: ${toMarkdown(source)}`)
  return { text: withoutCitationMarks(mark(answer, label)), footnotes: footnotes.join('\n') }
}

function toMarkdown({ title, url }: ListedSource): string {
  const text = title.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>&#~|]/g, '\\$&')
  if (url === undefined || url === title) return text
  return isWeb(url) ? `[${text}](<${url.replace(/[<>\s]/g, encodeURIComponent)}>)` : text
}

/** @returns what is spoken after the answer, such as `Sources: 1. A title, a.example. 2. …` */
export function spokenSources(
  sources: readonly Source[],
  { sources: heading, comma, fullStop }: Strings,
): string {
  const { list } = numberSources(sources)
  const stop = fullStop.trim()
  const spoken = list.map(({ title, url = '' }, index) => {
    const host = hostOf(url)
    return `${index + 1}. ${title}${host !== '' && host !== title ? comma + host : ''}${stop}`
  })
  return list.length === 0 ? '' : `${heading}: ${spoken.join(' ')}`
}
