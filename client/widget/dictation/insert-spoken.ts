/** Writes what is heard to the place of the caret. */

/** Written without spaces between words. */
const WITHOUT_SPACES = /^(?:ja|zh)\b/

/**
 * Each call replaces what the one before wrote: browsers correct what they heard.
 *
 * @returns a function that writes the text heard so far
 */
export function insertSpoken(box: HTMLTextAreaElement, language: string): (heard: string) => void {
  const { value, selectionStart, selectionEnd } = box
  const [before, after] = [value.slice(0, selectionStart), value.slice(selectionEnd)]
  const gap = (left: string, right: string) =>
    left === '' ||
    right === '' ||
    WITHOUT_SPACES.test(language) ||
    /\s$/.test(left) ||
    /^[\s\p{P}]/u.test(right)
      ? ''
      : ' '

  return function write(heard) {
    const spoken = heard.trim()
    const start = `${before}${gap(before, spoken)}${spoken}`
    box.value = `${start}${gap(start, after)}${after}`
    box.setSelectionRange(start.length, start.length)
    // The box fits itself to its text.
    box.dispatchEvent(new Event('input', { bubbles: true }))
  }
}
