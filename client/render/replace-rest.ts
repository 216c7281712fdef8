/** Puts something shorter in an answer's place, without touching the blocks that are in both. */

/**
 * @param fresh what is to be in `shown`. Its last two blocks are always taken from here: what comes goes on with the last
 *   one, or in its place, behind the one before.
 */
export function replaceRest(shown: Element, fresh: Element): void {
  const { lastChild } = fresh
  const end = isPart(lastChild) ? lastChild : (lastChild?.previousSibling ?? lastChild)
  let old = shown.firstChild
  let next = fresh.firstChild
  while (old && next && next !== end && old.isEqualNode(next)) {
    old = old.nextSibling
    next = next.nextSibling
  }
  // Also in the part where they differ the blocks before that are kept.
  if (isPart(old) && isPart(next)) {
    replaceRest(old, next)
    old = old.nextSibling
    next = next.nextSibling
  }
  for (const node of withFollowing(old)) node.remove()
  shown.append(...withFollowing(next))
}

function isPart(node: Node | null): node is Element {
  return node instanceof Element && node.className === 'part'
}

function withFollowing(first: ChildNode | null): ChildNode[] {
  const nodes: ChildNode[] = []
  for (let node = first; node; node = node.nextSibling) nodes.push(node)
  return nodes
}
