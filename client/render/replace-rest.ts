/** Replaces an answer's content by a shorter version, and keeps the blocks that are in both. */

/**
 * @param fresh the new content of `shown`. Its last two blocks are always taken from `fresh`, since further
 *   text continues the last one, or replaces it after the block before it.
 */
export function replaceRest(shown: Element, fresh: Element): void {
  const lastChild = lastBlock(fresh)
  const end = isPart(lastChild) ? lastChild : (lastChild?.previousSibling ?? lastChild)
  let old = shown.firstChild
  let next = fresh.firstChild
  while (old && next && next !== end && old.isEqualNode(next)) {
    old = old.nextSibling
    next = next.nextSibling
  }
  // Keep equal blocks inside the first part that differs, too.
  if (isPart(old) && isPart(next)) {
    replaceRest(old, next)
    old = old.nextSibling
    next = next.nextSibling
  }
  for (const node of withFollowing(old)) node.remove()
  shown.append(...withFollowing(next))
}

/** The last child, not counting footnotes. */
export function lastBlock(answer: Element): ChildNode | null {
  const { lastChild } = answer
  return lastChild?.nodeName === 'SECTION' ? lastChild.previousSibling : lastChild
}

function isPart(node: Node | null): node is Element {
  return node instanceof Element && node.className === 'part'
}

function withFollowing(first: ChildNode | null): ChildNode[] {
  const nodes: ChildNode[] = []
  for (let node = first; node; node = node.nextSibling) nodes.push(node)
  return nodes
}
