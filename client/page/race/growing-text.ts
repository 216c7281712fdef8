/** Shows plain text that grows delta by delta, at a constant cost for each delta. */
import { type BlockPiece, createBlockSplitter } from './blocks.ts'

export interface GrowingText {
  append(text: string): void
  /** Removes the text after this beginning at once, when it was retracted. More text may follow. */
  shorten(text: string): void
  /** Shows all remaining text at once. */
  end(): void
  /** Removes all text, for a new answer. */
  clear(): void
}

/**
 * Deltas are collected until the next frame: painting more often is invisible, and each paint costs a layout.
 * Text is added with `appendData` to the last block only. Other blocks keep their nodes, so a selection in
 * them survives; shortening keeps the blocks before the cut.
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

  function show(pieces: BlockPiece[]): void {
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
      // Painted now, not in the next frame: a hidden tab has no frames.
      if (frame !== undefined) cancelAnimationFrame(frame)
      paint()
      show(splitter.end())
    },
    shorten(text) {
      drop()
      const blocks = toBlocks(splitter.push(text))
      // A block doesn't depend on the text after it, so the shorter text splits into the blocks that are
      // there.
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

function toBlocks(pieces: BlockPiece[]): { kind: 'prose' | 'code'; text: string }[] {
  const blocks: { kind: 'prose' | 'code'; text: string }[] = []
  for (const { text, starts } of pieces) {
    const last = blocks.at(-1)
    if (last && starts === undefined) last.text += text
    else blocks.push({ kind: starts ?? 'prose', text })
  }
  return blocks
}
