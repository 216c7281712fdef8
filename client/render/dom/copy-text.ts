/** Copies a text to the clipboard, also where the page has no permission to write to it. */

/**
 * @param shown the element that displays the text; it is selected if the clipboard API fails
 * @returns whether the text was copied; if not, it stays selected, so that the reader can copy it by hand
 */
export async function copyText(text: string, shown: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text, shown)
  }
}

/** Copies with `execCommand`, which needs no permission. */
function copySelected(text: string, shown: Element): boolean {
  getSelection()?.selectAllChildren(shown)
  let copied = false
  const fill = (event: ClipboardEvent) => {
    // Copy the source text, not the selection as it is rendered.
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
