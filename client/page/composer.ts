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
    // Enter that picks a candidate of an input method is not meant for us. Safari sends it after the composition's
    // end, marked by key code 229 alone.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    submit()
  })
  stop.addEventListener('click', on.stop)
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing && busy) on.stop()
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

/** As high as its text, where `field-sizing: content` does not do it. */
function fitHeight(box: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  box.style.height = 'auto'
  box.style.height = `${box.scrollHeight}px`
}
