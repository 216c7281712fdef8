/** Shows a text that grows delta by delta, and stays cheap however long it gets. */
import { createBlockSplitter, type Piece } from './blocks.ts'

export interface GrowingText {
  append(text: string): void
  /** Shows this beginning of it alone, at once: the rest was taken back. It may go on from there. */
  shorten(text: string): void
  /** Shows all that is left, at once. */
  end(): void
  /** Starts anew. */
  clear(): void
}

/**
 * Deltas are collected until the next frame: more often nobody sees them, and each paint costs a layout. Text goes
 * in with `appendData`, into the last block alone. What stands is not touched again, so a selection in it survives; nor is
 * it, before the cut, when the end is taken back.
 *
 * @example
 *   const text = createGrowingText(element)
 *   for await (const delta of deltas) text.append(delta)
 *   text.end()
 */
export function createGrowingText(element: HTMLElement): GrowingText {
  let splitter = createBlockSplitter()
  let tail: Text | undefined
  let waiting = ''
  let frame: number | undefined

  function show(pieces: Piece[]): void {
    for (const { text, starts } of pieces) {
      if (tail && starts === undefined) {
        tail.appendData(text)
        continue
      }
      const block = document.createElement('div')
      block.className = starts ?? 'prose'
      tail = document.createTextNode(text)
      block.append(tail)
      element.append(block)
    }
  }

  function drop(): void {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
    waiting = ''
    tail = undefined
    splitter = createBlockSplitter()
  }

  function paint(): void {
    frame = undefined
    const text = waiting
    waiting = ''
    show(splitter.push(text))
  }

  return {
    append(text) {
      waiting += text
      frame ??= requestAnimationFrame(paint)
    },
    end() {
      // Not left to the frame: in a hidden tab there is none.
      if (frame !== undefined) cancelAnimationFrame(frame)
      paint()
      show(splitter.end())
    },
    shorten(text) {
      drop()
      const blocks = toBlocks(splitter.push(text))
      // Cut anew, the text falls into the blocks that stand there: a block doesn't depend on what comes after it.
      for (const [index, { kind, text }] of blocks.entries()) {
        const block = element.children[index]
        if (block === undefined) {
          show([{ text, starts: kind }])
          continue
        }
        block.className = kind
        if (block.textContent !== text) block.textContent = text
        const { lastChild } = block
        tail = lastChild instanceof Text ? lastChild : undefined
      }
      while (element.children.length > blocks.length) element.lastElementChild?.remove()
    },
    clear() {
      drop()
      element.replaceChildren()
    },
  }
}

function toBlocks(pieces: Piece[]): { kind: 'prose' | 'code'; text: string }[] {
  const blocks: { kind: 'prose' | 'code'; text: string }[] = []
  for (const { text, starts } of pieces) {
    const last = blocks.at(-1)
    if (last && starts === undefined) last.text += text
    else blocks.push({ kind: starts ?? 'prose', text })
  }
  return blocks
}
