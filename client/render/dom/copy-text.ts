/** Puts a text on the clipboard, also where the page may not write to it. */

/**
 * @param shown where the text stands, to be selected if need be
 * @returns whether it is there; if not, it is left selected, to be copied by hand
 */
export async function copyText(text: string, shown: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text, shown)
  }
}

/** The old way, which asks for no permission. */
function copySelected(text: string, shown: Element): boolean {
  getSelection()?.selectAllChildren(shown)
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
