/** What the reader has selected in a shadow tree. */

/** Whether text is selected in this element, which may be in a shadow tree. */
export function isSelecting(element: Element): boolean {
  const selection = getSelection()
  const root = element.getRootNode()
  if (!selection) return false
  if (!(root instanceof ShadowRoot)) return !selection.isCollapsed && element.contains(selection.anchorNode)
  const [range] = composedRanges(selection, root)
  if (!range) return false
  const { startContainer, startOffset, endContainer, endOffset } = range
  return element.contains(startContainer) && (startContainer !== endContainer || startOffset !== endOffset)
}

/**
 * Moves the end of a selection of whole blocks back to its last text. The browser puts it where the next
 * block begins: a copy would then end in empty lines, and the buttons below an answer would look selected.
 */
export function endSelectionInBlock(root: ShadowRoot): void {
  const selection = getSelection()
  const [range] = selection ? composedRanges(selection, root) : []
  if (!selection || !range || range.endOffset > 0 || range.startContainer === range.endContainer) return
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  texts.currentNode = range.endContainer
  let last = texts.previousNode()
  while (last && !isSelectable(last)) last = texts.previousNode()
  if (last)
    selection.setBaseAndExtent(range.startContainer, range.startOffset, last, last.nodeValue?.length ?? 0)
}

const isSelectable = ({ parentElement, nodeValue }: Node) =>
  nodeValue?.trim() !== '' && parentElement !== null && getComputedStyle(parentElement).userSelect !== 'none'

/**
 * [spec] A selection reveals nodes of a shadow tree only to code that passes its root. Older browsers have
 * other ways.
 */
function composedRanges(selection: Selection, root: ShadowRoot): StaticRange[] {
  if ('getComposedRanges' in selection) {
    return (selection as Composed).getComposedRanges({ shadowRoots: [root] })
  }
  const own = 'getSelection' in root ? (root as Selecting).getSelection() : (selection as Selection)
  return own && own.rangeCount > 0 ? [own.getRangeAt(0)] : []
}

type Composed = Selection & { getComposedRanges(options: { shadowRoots: ShadowRoot[] }): StaticRange[] }
type Selecting = ShadowRoot & { getSelection(): Selection | null }
