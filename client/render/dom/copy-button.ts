/** A button that copies a text. */
import { copyText } from './copy-text.ts'

export interface CopyLabels {
  copy: string
  copied: string
  /** Shown when copying failed. The text is then selected, so that the reader can copy it by hand. */
  notCopied: string
}

const FEEDBACK_MS = 2000

/** @param source the element whose text is copied */
export function createCopyButton(source: Element, labels: CopyLabels): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.part = 'copy-code'
  button.textContent = labels.copy
  button.addEventListener('click', async () => {
    button.textContent = (await copyText(source.textContent, source)) ? labels.copied : labels.notCopied
    setTimeout(() => {
      button.textContent = labels.copy
    }, FEEDBACK_MS)
  })
  return button
}
