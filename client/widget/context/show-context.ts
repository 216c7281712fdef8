/** Shows the reader that the chat sees the page, and on demand what of it is sent. */
import type { Strings } from '../strings/en.ts'
import { adopt } from '../style/adopt.ts'
import { create } from '../view/element.ts'
import styles from './context.css?inline'
import { shownContext } from './page-context.ts'

/** Where something of the page is shown. */
interface Place {
  tree: ShadowRoot
  strings: Strings
}

/**
 * Shows below the question box that the page is seen, or removes it.
 *
 * @param read what would be sent now; `undefined`: the page says nothing of itself
 */
export function setNotice(
  keys: HTMLElement,
  read: (() => Promise<string | undefined>) | undefined,
  { tree, strings }: Place,
): void {
  const before = keys.parentElement?.querySelector('.sees-page')
  if (!read) before?.remove()
  if (!read || before) return
  const about = create('p', {})
  const data = dataOf(strings.seesPage)
  const notice = create(
    'details',
    { class: 'page-context sees-page', part: 'page-context' },
    create('summary', {}, strings.seesPage),
    about,
    data,
  )
  // Read at each opening: the page may have changed since.
  notice.addEventListener('toggle', async () => {
    const context = notice.open ? await read() : undefined
    data.hidden = context === undefined
    data.textContent = context === undefined ? '' : shownContext(context)
    about.textContent = context === undefined ? strings.seesNothing : strings.seesPageAbout
  })
  adopt(tree, [styles])
  keys.before(notice)
}

/** @param turn the element of a question and its answer */
export function showSent(turn: HTMLElement, context: string | undefined, { tree, strings }: Place): void {
  turn.querySelector('.page-context')?.remove()
  if (context === undefined) return
  adopt(tree, [styles])
  const data = dataOf(strings.sentOfPage)
  data.textContent = shownContext(context)
  turn
    .querySelector('.answer')
    ?.before(
      create(
        'details',
        { class: 'page-context', part: 'page-context' },
        create('summary', {}, strings.sentOfPage),
        data,
      ),
    )
}

/** Focusable, so that the keyboard can scroll it. */
const dataOf = (label: string) =>
  create('pre', { tabindex: '0', role: 'region', 'aria-label': label, dir: 'auto', translate: 'no' })
