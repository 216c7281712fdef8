/**
 * What can be seen of a JSON text without parsing it. Each function walks the text once, in linear time.
 * Their results mean nothing for a text that isn't JSON: the parser refuses it later.
 */

/**
 * Levels of arrays and objects in one another.
 *
 * @param deepest where to stop: a deeper text counts as one level deeper, and the rest of it isn't looked at
 * @example
 *   depthOf('{"a": [{}]}', 64) // 3
 */
export function depthOf(text: string, deepest: number): number {
  let depth = 0
  let open = 0
  for (let at = 0; at < text.length && depth <= deepest; at++) {
    const sign = text[at]
    if (sign === '"') at = stringEnd(text, at)
    else if (sign === '{' || sign === '[') depth = Math.max(depth, ++open)
    else if (sign === '}' || sign === ']') open = Math.max(0, open - 1)
  }
  return depth
}

/**
 * Whether an object names a member twice, however the names are spelled. For texts that aren't too deep.
 * [spec] RFC 8259, 4: of two members with one name, some parsers take the first and some the last, so the
 * upstream may not read what is read here.
 */
export function repeatsName(text: string): boolean {
  // The names seen in each open object; `undefined` for an array.
  const open: (Set<string> | undefined)[] = []
  let mayBeName = false
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '{' || sign === '[') open.push(sign === '{' ? new Set() : undefined)
    else if (sign === '}' || sign === ']') open.pop()
    if (sign === '{' || sign === ',') mayBeName = true
    if (sign !== '"') continue
    const end = stringEnd(text, at)
    const names = open.at(-1)
    if (mayBeName && names !== undefined) {
      const name = nameOf(text.slice(at, end + 1))
      if (names.has(name)) return true
      names.add(name)
    }
    mayBeName = false
    at = end
  }
  return false
}

/** Where the string that opens at `from` closes: the text's end if it never does. */
function stringEnd(text: string, from: number): number {
  for (let at = from; ; ) {
    at = text.indexOf('"', at + 1)
    if (at === -1) return text.length
    let backslashes = 0
    while (text[at - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return at
  }
}

/** `"a"` and `"\u0061"` are one name. */
function nameOf(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return JSON.parse(literal)
  } catch {
    return literal
  }
}
