/** Shows an answer's text with marks of its sources, and the list of them after the answer. */
import { markOf } from '../../render/parse/source-marks.ts'
import type { Source } from '../../stream/stream-format.ts'
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { adopt } from '../style/adopt.ts'
import type { AnswerText } from '../view/answer-text.ts'
import { create } from '../view/element.ts'
import { type CitedSources, type ListedSource, numberSources } from './cited-sources.ts'
import { spokenSources, withFootnotes } from './source-text.ts'
import styles from './sources.css?inline'
import { hostOf, isWeb } from './web-address.ts'

export interface CitedText extends AnswerText {
  /** The list of sources. It is shown once the answer has ended. */
  element: HTMLElement
  cite(sources: readonly Source[]): void
  createMark(number: number): HTMLElement
  /** The answer with its sources as footnotes. */
  copy(): string
  spoken(): string
}

/**
 * @param text shows the answer; marks are a part of what it is given
 * @param plain what it shows already
 */
export function createCitedText(
  text: AnswerText,
  plain: string,
  { tree, strings }: { tree: ShadowRoot; strings: Strings },
): CitedText {
  adopt(tree, [styles])
  const heading = create('h4', {}, strings.sources)
  const list = create('ol')
  const element = create('section', { class: 'sources', part: 'sources', hidden: true }, heading, list)
  element.ariaLabel = strings.sources
  let shown = plain
  let sources: readonly Source[] = []
  let cited: CitedSources = numberSources(sources)
  let isOver = false

  function update(): void {
    const marked = cited.mark(plain, markOf)
    if (marked === shown) return
    if (marked.startsWith(shown)) text.append(marked.slice(shown.length))
    // The mark is behind: in the Markdown it is an insertion, and what stays the same keeps its elements.
    else text.shorten(marked)
    shown = marked
  }

  function showList(): void {
    element.hidden = !isOver || cited.list.length === 0
    list.replaceChildren(...(element.hidden ? [] : cited.list.map(createEntry)))
  }

  /** A file has no address. Its mark leads to its place in the list. */
  function createButton(number: number): HTMLElement {
    const button = create('button', { type: 'button' })
    button.addEventListener('click', () => (list.children[number - 1] as HTMLElement | undefined)?.focus())
    return button
  }

  return {
    element,
    append(more) {
      const isBehind = sources.some(({ end }) => end > plain.length)
      plain += more
      isOver = false
      showList()
      if (isBehind) return update()
      shown += more
      text.append(more)
    },
    shorten(beginning) {
      plain = beginning
      shown = cited.mark(plain, markOf)
      text.shorten(shown)
    },
    end() {
      isOver = true
      update()
      text.end()
      showList()
    },
    clear() {
      plain = shown = ''
      sources = []
      cited = numberSources(sources)
      text.clear()
      showList()
    },
    cite(now) {
      sources = now
      cited = numberSources(now)
      update()
      showList()
    },
    createMark(number) {
      const source = cited.list[number - 1]
      const mark = create('sup', { class: 'mark' })
      if (!source) return mark
      const link = isWeb(source.url ?? '') ? createLink(source) : createButton(number)
      link.textContent = String(number)
      link.ariaLabel = fill(strings.sourceMark, { number, title: source.title })
      link.title = source.title
      mark.append(link)
      return mark
    },
    copy() {
      const { text, footnotes } = withFootnotes(plain, sources)
      return footnotes === '' ? text : `${text.trimEnd()}\n\n${footnotes}`
    },
    spoken: () => spokenSources(sources, strings),
  }
}

function createEntry(source: ListedSource): HTMLElement {
  const { title, url } = source
  const link = createLink(source)
  link.textContent = title
  const entry = create('li', { tabindex: '-1' }, link)
  const beside = url === undefined || url === title ? '' : hostOf(url) || url
  if (beside !== '') entry.append(' ', create('span', { class: 'host', dir: 'ltr' }, beside))
  return entry
}

function createLink({ url }: ListedSource): HTMLAnchorElement {
  const link = create('a', { dir: 'auto' })
  if (url === undefined || !isWeb(url)) return link
  link.href = url
  link.rel = 'noopener noreferrer nofollow'
  link.target = '_blank'
  return link
}
