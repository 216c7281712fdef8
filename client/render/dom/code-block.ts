/** A block of code that grows: its language, a button that copies it, and its text. */

export interface CodeBlockLabels {
  copy: string
  copied: string
}

export interface CodeBlock {
  element: HTMLElement
  code: HTMLElement
  setLanguage(language: string): void
  append(text: string): void
}

/**
 * A browser lays out each line anew that is in one flow of text. So a long text is cut into several, at a line's end after
 * this many characters.
 */
const FLOW_CHARS = 800
const COPIED_MS = 2000

export function createCodeBlock(labels: CodeBlockLabels): CodeBlock {
  const element = document.createElement('div')
  element.className = 'code'
  const bar = document.createElement('div')
  bar.className = 'code-bar'
  const name = document.createElement('span')
  const pre = document.createElement('pre')
  // It can be wider than the page, and keys have to reach what is out of view.
  pre.tabIndex = 0
  const code = document.createElement('code')
  bar.append(name, createCopyButton(code, labels))
  pre.append(code)
  element.append(bar, pre)
  let tail: Text | undefined

  function appendPart(text: string): void {
    if (tail) tail.appendData(text)
    else {
      tail = document.createTextNode(text)
      if (code.firstChild === null) code.append(tail)
      else {
        const flow = document.createElement('span')
        flow.append(tail)
        code.append(flow)
      }
    }
  }

  return {
    element,
    code,
    setLanguage(language) {
      name.textContent = language
      code.className = `language-${language}`
    },
    append(text) {
      let from = 0
      while (from < text.length) {
        const room = Math.max(0, FLOW_CHARS - (tail?.length ?? 0))
        const end = text.indexOf('\n', from + room)
        const to = end < 0 ? text.length : end + 1
        appendPart(text.slice(from, to))
        if (end >= 0) tail = undefined
        from = to
      }
    },
  }
}

function createCopyButton(code: HTMLElement, labels: CodeBlockLabels): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = labels.copy
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent ?? '')
    } catch {
      // Without the permission it can still be copied by hand.
      getSelection()?.selectAllChildren(code)
      return
    }
    button.textContent = labels.copied
    setTimeout(() => {
      button.textContent = labels.copy
    }, COPIED_MS)
  })
  return button
}
