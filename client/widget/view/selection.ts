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
