/** The list of stored conversations: to open or delete one, and to export the current one. */
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { create, icon, iconButton } from './element.ts'

export interface Summary {
  id: string
  title: string
  /** Wall clock, in milliseconds. */
  updatedAt: number
}

export interface ListActions {
  open(id: string): void
  remove(id: string): void
  save(format: 'markdown' | 'json'): void
}

/** @param language of the dates */
export function createConversationList(
  strings: Strings,
  language: string,
  on: ListActions,
): {
  element: HTMLElement
  show(summaries: Summary[], current: { id: string; turns: readonly unknown[] }, words: string): void
} {
  const list = create('ul', { class: 'conversation-list' })
  let shown = ''
  const none = create('p', { class: 'none' })
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
  const element = create(
    'section',
    {
      id: 'conversations',
      part: 'conversations',
      'aria-label': strings.conversations,
      tabindex: '-1',
      hidden: true,
    },
    list,
    none,
    saving,
  )

  function row({ id, title, updatedAt }: Summary, current: string): HTMLLIElement {
    const words = title || strings.untitled
    const open = create(
      'button',
      { type: 'button', class: 'open', 'aria-current': id === current && 'true' },
      create('span', { class: 'title', dir: 'auto' }, words),
      create('span', { class: 'when' }, whenLine(updatedAt, language)),
    )
    const remove = iconButton('remove', fill(strings.deleteConversation, { title: words }), {
      class: 'action',
    })
    open.addEventListener('click', () => on.open(id))
    remove.addEventListener('click', () => {
      // Safari doesn't focus a clicked button.
      remove.focus()
      on.remove(id)
    })
    return create('li', { id: `conversation-${id}` }, open, remove)
  }

  function showRows(summaries: Summary[], current: string): void {
    const rows = [...list.children]
    const at = rows.findIndex((item) => item.matches(':focus-within'))
    const id = rows[at]?.id
    list.replaceChildren(...summaries.map((summary) => row(summary, current)))
    if (at < 0) return
    // Restore the focus: on the same row, or on its neighbour if it was deleted.
    const item =
      [...list.children].find((item) => item.id === id) ??
      list.children[Math.min(at, list.children.length - 1)]
    ;(item?.querySelector<HTMLElement>('.open') ?? element).focus()
  }

  return {
    element,
    show(summaries, current, words) {
      const now = JSON.stringify([
        summaries.map(({ id, title, updatedAt }) => [id, title, whenLine(updatedAt, language)]),
        current.id,
      ])
      // Rebuild rows only if they changed: another tab saves its answer each second, and a row may be about
      // to be clicked.
      if (now !== shown) showRows(summaries, current.id)
      shown = now
      none.textContent = words
      none.hidden = summaries.length > 0
      saving.hidden = current.turns.length === 0
    },
  }
}

/** The time for today, the date for other days. */
function whenLine(ms: number, language: string): string {
  const date = new Date(ms)
  const today = date.toDateString() === new Date().toDateString()
  return today
    ? date.toLocaleTimeString(language, { hour: 'numeric', minute: '2-digit' })
    : date.toLocaleDateString(language, { day: 'numeric', month: 'short', year: 'numeric' })
}
