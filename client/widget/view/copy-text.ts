/**
 * Puts a text on the clipboard.
 *
 * @param button which was pressed for it
 * @returns whether it is there
 */
export async function copyText(text: string, button: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text, button)
  }
}

/**
 * Where the page that embeds the chat has no permission for the clipboard, a selection can still be copied. Right beside the
 * button: in a modal dialog nothing outside can have the focus.
 */
function copyBySelection(text: string, button: HTMLElement): boolean {
  const box = document.createElement('textarea')
  box.value = text
  // No keyboard rises for it.
  box.readOnly = true
  box.className = 'unseen'
  button.after(box)
  box.select()
  try {
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    box.remove()
    button.focus({ preventScroll: true })
  }
}
