/** The question box: Enter sends, Shift+Enter starts a new line. */
import type { Strings } from '../strings/en.ts'
import { create, iconButton } from './element.ts'
import { isComposed } from './input-method.ts'

export interface Composer {
  element: HTMLElement
  /** What is written and not sent yet. */
  draft: string
  /** While an answer comes, the send button is a stop button. */
  setBusy(busy: boolean): void
  setPlaceholder(placeholder: string): void
  focus(): void
}

/** @param on `ask` says whether the question was taken: otherwise it stays in the box */
export function createComposer(
  strings: Strings,
  on: { ask(question: string): boolean; stop(): void },
): Composer {
  const box = create('textarea', {
    id: 'question',
    part: 'input',
    rows: '1',
    'aria-label': strings.questionBox,
    'aria-describedby': 'keys allowance',
    enterkeyhint: 'send',
    autocomplete: 'off',
    dir: 'auto',
  })
  const send = iconButton('send', strings.send, { id: 'send', part: 'send', class: 'round', type: 'submit' })
  const stop = iconButton('stop', strings.stop, { id: 'stop', part: 'stop', class: 'round', hidden: true })
  const form = create('form', { id: 'composer', part: 'composer', class: 'composer' }, box, send, stop)
  let busy = false

  function submit(): void {
    const question = box.value.trim()
    if (question === '') box.focus()
    if (busy || question === '') return
    const taken = on.ask(question)
    // On a phone the keyboard would cover the answer.
    if (isTouched()) box.blur()
    if (!taken) return
    box.value = ''
    fitHeight(box)
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  box.addEventListener('input', () => fitHeight(box))
  box.addEventListener('keydown', (event) => {
    if (!isSend(event)) return
    event.preventDefault()
    submit()
  })
  stop.addEventListener('click', on.stop)

  return {
    element: form,
    get draft() {
      return box.value
    },
    set draft(text) {
      box.value = text
      fitHeight(box)
    },
    setBusy(now) {
      busy = now
      // A button that hides loses the focus to nowhere.
      const focused = focusIn(form) === (now ? send : stop)
      send.hidden = now
      stop.hidden = !now
      if (!focused) return
      if (isTouched()) (now ? stop : send).focus()
      else box.focus()
    },
    setPlaceholder(placeholder) {
      box.placeholder = placeholder
    },
    focus: () => box.focus(),
  }
}

/** Enter alone. */
export const isSend = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' && !event.shiftKey && !isComposed(event)

/** Whether a keyboard rises on the screen where text is to be written. */
export const isTouched = () => matchMedia('(pointer: coarse)').matches

/** What has the focus, in the shadow tree that this element is in. */
function focusIn(element: Element): Element | null {
  const root = element.getRootNode()
  return root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null
}

/** As high as its text, where `field-sizing: content` does not do it. */
export function fitHeight(box: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  box.style.height = 'auto'
  box.style.height = `${box.scrollHeight}px`
}
