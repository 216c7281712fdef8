/** A request's `Origin`: which page's script sent it. Programs can claim any, so it is a caller's text. */
import { MAX_ORIGIN_CHARS } from '../limits.ts'

/**
 * Whether it is one origin as browsers write it: not `null`, which any sandboxed frame has, and not a list.
 */
export function isOrigin(text: string): boolean {
  if (text.length > MAX_ORIGIN_CHARS) return false
  // The URL parser accepts more characters in a host than names have, such as `*` and `,`.
  const plain = /^https?:\/\/(?:[a-z0-9_.-]+|\[[0-9a-f:]+\])(?::\d+)?$/.test(text)
  return plain && URL.canParse(text) && new URL(text).origin === text
}

/**
 * @returns for the log: the origin, `null` (a sandboxed frame, or a file), or `invalid`; `undefined` without
 * one
 */
export function originOf(headers: Headers): string | undefined {
  const origin = headers.get('origin')
  if (origin === null) return undefined
  return origin === 'null' || isOrigin(origin) ? origin : 'invalid'
}
