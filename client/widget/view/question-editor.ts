/** The form for editing a question. */
import type { Strings } from '../strings/en.ts'
import { fitText, isSend } from './composer.ts'
import { create } from './element.ts'
import { isComposed } from './input-method.ts'

export interface QuestionEditor {
  element: HTMLElement
  /** Moves the focus to the end of the text, and the whole form into view. Call it in the page. */
  open(): void
}

/** @param on `ask` returns whether the question was accepted; `leave` is called to cancel */
export function createQuestionEditor(
  question: string,
  strings: Strings,
  on: { ask(question: string): boolean; leave(): void },
): QuestionEditor {
  const box = create('textarea', { 'aria-label': strings.edit, rows: '2', dir: 'auto' })
  const cancel = create('button', { type: 'button', class: 'quiet' }, strings.cancel)
  const form = create(
    'form',
    { class: 'editor' },
    box,
    create('div', {}, cancel, create('button', { type: 'submit', class: 'solid' }, strings.askAgain)),
  )
  box.value = question

  function submit(): void {
    const changed = box.value.trim()
    if (changed === '') box.focus()
    else on.ask(changed)
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  box.addEventListener('input', () => fitText(box))
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !isComposed(event)) {
      // Keep this Escape from closing anything else.
      event.preventDefault()
      on.leave()
    } else if (event.target === box && isSend(event)) {
      event.preventDefault()
      submit()
    }
  })
  cancel.addEventListener('click', on.leave)
  return {
    element: form,
    open() {
      fitText(box)
      box.focus({ preventScroll: true })
      box.setSelectionRange(box.value.length, box.value.length)
      form.scrollIntoView({ block: 'nearest' })
    },
  }
}
