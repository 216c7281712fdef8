/** The question box: Enter sends, Shift+Enter starts a new line, Escape stops the answer. */
import { part } from './part.ts'

export interface Composer {
  /** While an answer comes, the send button is a stop button. */
  setBusy(busy: boolean): void
  focus(): void
}

export function createComposer(
  form: HTMLElement,
  on: { ask(question: string): void; stop(): void },
): Composer {
  const box = part(form, 'textarea', HTMLTextAreaElement)
  const send = part(form, '#send', HTMLButtonElement)
  const stop = part(form, '#stop', HTMLButtonElement)
  let busy = false

  function submit(): void {
    const question = box.value.trim()
    if (question === '') box.focus()
    if (busy || question === '') return
    box.value = ''
    fitHeight(box)
    on.ask(question)
    // On a phone the keyboard would cover the answer.
    if (matchMedia('(pointer: coarse)').matches) box.blur()
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
  document.addEventListener('keydown', (event) => {
    // In another place of the page it means something else.
    if (event.key === 'Escape' && !event.isComposing && busy && form.checkVisibility()) on.stop()
  })

  return {
    setBusy(now) {
      busy = now
      // A button that hides loses the focus to nowhere.
      const focused = document.activeElement === (now ? send : stop)
      send.hidden = now
      stop.hidden = !now
      if (focused) box.focus()
    },
    focus: () => box.focus(),
  }
}

/**
 * Enter alone. One that picks a candidate of an input method is not meant for us; Safari sends it after the
 * composition's end, marked by key code 229 alone.
 */
export function isSend({ key, shiftKey, isComposing, keyCode }: KeyboardEvent): boolean {
  return key === 'Enter' && !shiftKey && !isComposing && keyCode !== 229
}

/** As high as its text, where `field-sizing: content` does not do it. */
function fitHeight(box: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  box.style.height = 'auto'
  box.style.height = `${box.scrollHeight}px`
}
