/** Moves nodes without losing what the reader has selected in them: a browser drops it when a node leaves its place. */
export function keepSelection(root: Node, move: () => void): void {
  const scope = root.getRootNode()
  // In Chromium the selection inside a shadow tree is known to that tree alone.
  const selection = 'getSelection' in scope ? (scope as Document).getSelection() : getSelection()
  const { anchorNode, anchorOffset = 0, focusNode, focusOffset = 0 } = selection ?? {}
  const inside = anchorNode && focusNode && (root.contains(anchorNode) || root.contains(focusNode))
  move()
  if (!inside || !anchorNode.isConnected || !focusNode.isConnected) return
  if (selection?.anchorNode === anchorNode && selection.focusNode === focusNode) return
  selection?.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset)
}
