/** Moves nodes and keeps the reader's selection: browsers drop a selection whose nodes are moved. */
export function keepSelection(root: Node, move: () => void): void {
  const scope = root.getRootNode()
  // In Chromium a selection inside a shadow tree is visible through that tree's `getSelection` only.
  const selection = 'getSelection' in scope ? (scope as Document).getSelection() : getSelection()
  const { anchorNode, anchorOffset = 0, focusNode, focusOffset = 0 } = selection ?? {}
  const inside = anchorNode && focusNode && (root.contains(anchorNode) || root.contains(focusNode))
  move()
  if (!inside || !anchorNode.isConnected || !focusNode.isConnected) return
  if (selection?.anchorNode === anchorNode && selection.focusNode === focusNode) return
  selection?.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset)
}
