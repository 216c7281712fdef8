/** Shows a text that grows delta by delta, and stays cheap however long it gets. */
import { createBlockSplitter, type Piece } from './blocks.ts'

export interface GrowingText {
  append(text: string): void
  /** Shows all that is left, at once. */
  end(): void
  /** Starts anew. */
  clear(): void
}

/**
 * Deltas are collected until the next frame: more often nobody sees them, and each paint costs a layout. Text goes
 * in with `appendData`, into the last block alone. What stands is never touched again, so a selection in it survives.
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
    clear() {
      if (frame !== undefined) cancelAnimationFrame(frame)
      frame = undefined
      waiting = ''
      tail = undefined
      splitter = createBlockSplitter()
      element.replaceChildren()
    },
  }
}
