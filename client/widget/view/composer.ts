/** The question box: Enter sends, Shift+Enter starts a new line. */
import type { StringsAtLoad } from '../strings/at-load.ts'
import { create, iconButton } from './element.ts'
import { isComposed } from './input-method.ts'

export interface Composer {
  element: HTMLElement
  /** The text in the box. */
  draft: string
  /** While an answer is in progress, a stop button replaces the send button. */
  setBusy(busy: boolean): void
  setPlaceholder(placeholder: string): void
  focus(): void
}

/** @param on `ask` returns whether the question was accepted; if not, it stays in the box */
export function createComposer(
  strings: StringsAtLoad,
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
    // Close the on-screen keyboard, which would cover the answer.
    if (isTouched()) box.blur()
    if (!taken) return
    setText('')
  }

  function setText(text: string): void {
    box.value = text
    showText()
  }

  function showText(): void {
    fitText(box)
    // Not `disabled`: a disabled button loses the focus, and is not found by keyboard.
    send.ariaDisabled = String(box.value.trim() === '')
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  box.addEventListener('input', showText)
  box.addEventListener('keydown', (event) => {
    if (!isSend(event)) return
    event.preventDefault()
    submit()
  })
  stop.addEventListener('click', on.stop)
  showText()

  return {
    element: form,
    get draft() {
      return box.value
    },
    set draft(text) {
      setText(text)
    },
    setBusy(now) {
      busy = now
      // Hiding a focused button loses the focus, so move it.
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

/** Whether the key press is Enter alone. */
export const isSend = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' && !event.shiftKey && !isComposed(event)

/** Whether text fields open an on-screen keyboard. */
export const isTouched = () => matchMedia('(pointer: coarse)').matches

/** The focused element of the same shadow tree. */
function focusIn(element: Element): Element | null {
  const root = element.getRootNode()
  return root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null
}

/** Fits the direction to the text, and the height in browsers without `field-sizing: content`. */
export function fitText(box: HTMLTextAreaElement): void {
  // [spec] With `auto`, an empty box reads from left to right, also where everything else does not.
  box.dir = box.value === '' ? '' : 'auto'
  if (CSS.supports('field-sizing', 'content')) return
  box.style.height = 'auto'
  box.style.height = `${box.scrollHeight}px`
}
