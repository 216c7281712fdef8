/**
 * The growing text of a code block.
 *
 * A browser lays out a whole flow of text again for each added word, and a line as a whole. Long code is
 * therefore split into several flows, and a long line into boxes that stand beside each other.
 */

/** A flow ends at the first line end after this many characters. */
const FLOW_CHARS = 800
/** A line goes on in another box after more than this many characters. */
const BOX_CHARS = 2000

/** @returns appends text to `code`, which must be empty at first */
export function createCodeText(code: Element): (text: string) => void {
  let flow = code
  let flowChars = 0
  let last: Text | undefined
  /** Characters since the last line start in `last`. */
  let lineChars = 0

  function grow(text: string): void {
    if (last && lineChars <= BOX_CHARS) last.appendData(text)
    else {
      const goesOn = last !== undefined
      last = document.createTextNode(text)
      if (!code.firstChild) code.append(last)
      else if (goesOn) flow.append(spanOf('box', last))
      else {
        flow = spanOf('flow', last)
        code.append(flow)
      }
      lineChars = 0
    }
    const lineEnd = text.lastIndexOf('\n')
    lineChars = text.length - lineEnd - 1 + (lineEnd < 0 ? lineChars : 0)
    flowChars += text.length
  }

  return (text) => {
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from + Math.max(0, FLOW_CHARS - flowChars))
      const to = end < 0 ? text.length : end + 1
      grow(text.slice(from, to))
      if (end >= 0) {
        last = undefined
        flowChars = 0
      }
      from = to
    }
  }
}

function spanOf(name: string, text: Text): Element {
  const span = document.createElement('span')
  span.className = name
  span.role = 'none'
  span.append(text)
  return span
}
