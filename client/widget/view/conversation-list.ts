/**
 * The list of stored conversations, by day: to find, open, rename or delete one, and to export the current
 * one. Loaded after the conversation, as few readers open it at once.
 */
import { dayLine } from '../strings/day-line.ts'
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { adopt } from '../style/adopt.ts'
import listStyle from '../style/list.css?inline'
import { MAX_TITLE_CHARS } from '../talk/conversation.ts'
import type { Finds } from '../talk/kept-conversations.ts'
import { createSearch } from '../talk/search.ts'
import { create, icon, iconButton } from './element.ts'
import { isComposed } from './input-method.ts'

export interface Summary {
  id: string
  title: string
  /** Wall clock, in milliseconds. */
  updatedAt: number
}

export interface ListActions {
  /** The latest first; all if nothing is searched for. */
  list(isWanted: Finds | undefined): Summary[]
  open(id: string): void
  /** An empty title stands for that of the first question. */
  rename(id: string, title: string): void
  remove(id: string): void
  save(format: 'markdown' | 'json'): void
}

export interface ConversationList {
  /** @param words shown if there are no conversations */
  show(current: { id: string; turns: readonly unknown[] }, words: string): void
  /** Forgets what was searched for. */
  reset(): void
}

/** A list of fewer is seen at a glance. */
const SEARCHED_FROM = 2

/**
 * @param element where the list is put
 * @param tree where the element is
 * @param language of the dates
 */
export function createConversationList(
  element: HTMLElement,
  tree: ShadowRoot,
  { strings, language, on }: { strings: Strings; language: string; on: ListActions },
): ConversationList {
  adopt(tree, [listStyle])
  const search = create('input', {
    type: 'search',
    class: 'search',
    'aria-label': strings.searchConversations,
    placeholder: strings.searchConversations,
    autocomplete: 'off',
    spellcheck: 'false',
    dir: 'auto',
  })
  const days = create('div', { class: 'days' })
  // Announced, as it comes while the reader types.
  const none = create('p', { class: 'none', role: 'status' })
  const save = (format: 'markdown' | 'json', label: string) => {
    const button = create('button', { type: 'button', class: 'quiet' }, icon('save'), label)
    button.addEventListener('click', () => on.save(format))
    return button
  }
  const saving = create(
    'div',
    { class: 'saving' },
    save('markdown', strings.saveMarkdown),
    save('json', strings.saveJson),
  )
  element.append(search, days, none, saving)
  const searchFor = createSearch()
  let shown = ''
  let last: Parameters<ConversationList['show']> | undefined
  let isRenaming = false

  function row({ id, title, updatedAt }: Summary, current: string): HTMLLIElement {
    const words = title || strings.untitled
    const open = create(
      'button',
      { type: 'button', class: 'open', 'aria-current': id === current && 'true' },
      create('span', { class: 'title', dir: 'auto' }, words),
      create('span', { class: 'when' }, timeOf(updatedAt)),
    )
    const rename = iconButton('edit', fill(strings.renameConversation, { title: words }), {
      class: 'action rename',
    })
    const remove = iconButton('remove', fill(strings.deleteConversation, { title: words }), {
      class: 'action',
    })
    const item = create('li', { id: idOf({ id }) }, open, rename, remove)
    open.addEventListener('click', () => on.open(id))
    rename.addEventListener('click', () => editTitle(item, id, title, rename.ariaLabel ?? ''))
    remove.addEventListener('click', () => {
      // Safari doesn't focus a clicked button.
      remove.focus()
      on.remove(id)
    })
    return item
  }

  /** Puts a field in place of the row: Enter and leaving it keep the title, Escape doesn't. */
  function editTitle(item: HTMLLIElement, id: string, title: string, label: string): void {
    const field = create('input', {
      class: 'name',
      'aria-label': label,
      maxlength: String(MAX_TITLE_CHARS),
      autocomplete: 'off',
      dir: 'auto',
    })
    field.value = title
    isRenaming = true
    item.replaceChildren(field)
    field.focus()
    field.select()

    function end(isKept: boolean, isByKey: boolean): void {
      if (!isRenaming) return
      isRenaming = false
      if (isKept && field.value.trim() !== title) on.rename(id, field.value)
      const summaries = found()
      const summary = summaries.find((summary) => summary.id === id)
      // Only this row, if nothing else has changed: the others may be about to be clicked.
      if (summary && last && rows().every((item, index) => item.id === idOf(summaries[index]))) {
        item.replaceWith(row(summary, last[0].id))
        shown = keyOf(summaries, last[0].id)
      } else if (last) show(...last)
      if (isByKey)
        rows()
          .find((item) => item.id === idOf({ id }))
          ?.querySelector<HTMLElement>('.rename')
          ?.focus()
    }

    field.addEventListener('keydown', (event) => {
      if (isComposed(event) || (event.key !== 'Enter' && event.key !== 'Escape')) return
      // Keep this Escape from closing anything else.
      event.preventDefault()
      end(event.key === 'Enter', true)
    })
    field.addEventListener('blur', () => end(true, false))
  }

  const found = () => on.list(searchFor(search.value))
  const rows = () => [...days.querySelectorAll('li')]
  const idOf = (summary: Pick<Summary, 'id'> | undefined) => `conversation-${summary?.id}`
  const keyOf = (summaries: Summary[], current: string) =>
    JSON.stringify([byDay(summaries, language).map(([day, ofDay]) => [day, ofDay.map(rowKey)]), current])
  const rowKey = ({ id, title, updatedAt }: Summary) => [id, title, timeOf(updatedAt)]
  const timeOf = (ms: number) =>
    new Date(ms).toLocaleTimeString(`${language}-u-nu-latn`, { hour: 'numeric', minute: '2-digit' })

  function showRows(summaries: Summary[], current: string): void {
    const before = rows()
    const at = before.findIndex((item) => item.matches(':focus-within'))
    const id = before[at]?.id
    days.replaceChildren(
      ...byDay(summaries, language).flatMap(([day, ofDay], index) => {
        const list = create(
          'ul',
          { class: 'conversation-list', 'aria-labelledby': `day-${index}` },
          ...ofDay.map((summary) => row(summary, current)),
        )
        return [create('h3', { class: 'day', id: `day-${index}` }, day), list]
      }),
    )
    if (at < 0) return
    // Restore the focus: on the same row, or on its neighbour if it was deleted.
    const after = rows()
    const item = after.find((item) => item.id === id) ?? after[Math.min(at, after.length - 1)]
    ;(item?.querySelector<HTMLElement>('.open') ?? element).focus()
  }

  function show(...[current, words]: Parameters<ConversationList['show']>): void {
    last = [current, words]
    // A title that is being written must not be lost.
    if (isRenaming) return
    const query = search.value.trim()
    const summaries = found()
    const now = keyOf(summaries, current.id)
    // Rebuild rows only if they changed: another tab saves its answer each second, and a row may be about
    // to be clicked.
    if (now !== shown) showRows(summaries, current.id)
    shown = now
    search.hidden = query === '' && summaries.length < SEARCHED_FROM
    none.textContent = summaries.length > 0 ? '' : query === '' ? words : strings.nothingFound
    saving.hidden = current.turns.length === 0
  }

  search.addEventListener('input', () => last && show(...last))
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || isComposed(event) || search.value === '') return
    event.preventDefault()
    search.value = ''
    if (last) show(...last)
  })

  return {
    show,
    reset() {
      search.value = ''
    },
  }
}

/** The conversations of each day, under its name. */
function byDay(summaries: Summary[], language: string): [day: string, summaries: Summary[]][] {
  const days: [string, Summary[]][] = []
  for (const summary of summaries) {
    const day = dayLine(summary.updatedAt, Date.now(), language)
    if (days.at(-1)?.[0] === day) days.at(-1)?.[1].push(summary)
    else days.push([day, [summary]])
  }
  return days
}
