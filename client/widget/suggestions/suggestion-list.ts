/** Questions to go on with, as buttons below the latest answer. */
import type { Strings } from '../strings/en.ts'
import { adopt } from '../style/adopt.ts'
import { create } from '../view/element.ts'
import styles from './suggestions.css?inline'

/** As many as are read at a glance. */
const MAX_SHOWN = 4
/** A question, not a text. */
const MAX_CHARS = 200

export interface SuggestionList {
  /** Shows these in place of those before; none hides the list. */
  show(questions: readonly string[]): void
}

/**
 * @param content what scrolls: the list is at its end
 * @param ask called with the question that was chosen
 */
export function createSuggestionList(
  content: HTMLElement,
  { tree, strings, ask }: { tree: ShadowRoot; strings: Strings; ask(question: string): void },
): SuggestionList {
  const items = create('ul', { class: 'starters', 'aria-labelledby': 'suggestions-label' })
  const label = create('p', { id: 'suggestions-label' }, strings.suggestions)
  const element = create('div', { class: 'suggestions', part: 'suggestions', hidden: true }, label, items)
  let shown = ''
  adopt(tree, [styles])
  content.append(element)

  return {
    show(questions) {
      const fitting = tidy(questions)
      element.hidden = fitting.length === 0
      // The same buttons keep their focus.
      if (shown === JSON.stringify(fitting)) return
      shown = JSON.stringify(fitting)
      items.replaceChildren(
        ...fitting.map((question) => {
          const button = create('button', { type: 'button', part: 'suggestion', dir: 'auto' }, question)
          button.addEventListener('click', () => ask(question))
          return create('li', {}, button)
        }),
      )
    },
  }
}

/** A page may give anything. */
function tidy(questions: readonly unknown[]): string[] {
  const texts = questions.map((question) => (typeof question === 'string' ? question.trim() : ''))
  return [...new Set(texts)].filter((text) => text !== '' && text.length <= MAX_CHARS).slice(0, MAX_SHOWN)
}
