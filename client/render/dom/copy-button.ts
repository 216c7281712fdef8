/** A button that copies a text, also where the page may not write to the clipboard. */

export interface CopyLabels {
  copy: string
  copied: string
  /** Said when it could not be: then the text is selected, to be copied by hand. */
  notCopied: string
}

const TOLD_MS = 2000

/** @param source whose text is copied */
export function createCopyButton(source: Element, labels: CopyLabels): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.part = 'copy-code'
  button.textContent = labels.copy
  button.addEventListener('click', async () => {
    button.textContent = (await copy(source)) ? labels.copied : labels.notCopied
    setTimeout(() => {
      button.textContent = labels.copy
    }, TOLD_MS)
  })
  return button
}

async function copy(source: Element): Promise<boolean> {
  const text = source.textContent
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(source, text)
  }
}

/** The old way, which asks for no permission. It may not work, but leaves the text selected. */
function copySelected(source: Element, text: string): boolean {
  getSelection()?.selectAllChildren(source)
  let copied = false
  const fill = (event: ClipboardEvent) => {
    // The text as it is, not as it looks.
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
    event.stopImmediatePropagation()
    copied = true
  }
  addEventListener('copy', fill, { capture: true, once: true })
  const done = document.execCommand('copy')
  removeEventListener('copy', fill, { capture: true })
  return done && copied
}
