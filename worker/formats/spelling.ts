/**
 * Finds members whose names differ from the ones that are read here in nothing but case. Upstreams written in
 * Go take `"Model"` or `"meſſages"` for the right name, so such a member would pass every limit that is set
 * here.
 * Source: Go's encoding/json, "preferring exact matches but also accepting case-insensitive matches".
 */
import { ApiError } from '../errors.ts'
import { isRecord } from '../protocol/json.ts'

/** The names of a format. */
export interface Spelling {
  /** All that are read of a request, at its top level and below. */
  names: ReadonlySet<string>
  /** The members whose own members are looked at too. In others, names are the caller's own. */
  within: readonly string[]
}

/** @returns the error for the first such member, by the right name: `messages[0].role` */
export function misspelled(
  request: Readonly<Record<string, unknown>>,
  { names, within }: Spelling,
): ApiError | undefined {
  let param = inMembers(request, '', names)
  for (const member of within) param ??= inAll(request[member], member, names)
  if (param === undefined) return undefined
  const message = `A member is spelled otherwise than \`${param}\`, and some upstreams take it for that: use small letters.`
  return new ApiError('invalid_parameter', { message, param })
}

function inAll(value: unknown, path: string, names: ReadonlySet<string>): string | undefined {
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) {
      const found = inAll(one, `${path}[${index}]`, names)
      if (found !== undefined) return found
    }
  }
  if (!isRecord(value)) return undefined
  const own = inMembers(value, `${path}.`, names)
  if (own !== undefined) return own
  for (const [name, member] of Object.entries(value)) {
    const found = typeof member === 'object' ? inAll(member, `${path}.${name}`, names) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function inMembers(
  object: Readonly<Record<string, unknown>>,
  prefix: string,
  names: ReadonlySet<string>,
): string | undefined {
  for (const spelled of Object.keys(object)) {
    if (names.has(spelled)) continue
    const name = folded(spelled)
    if (name !== spelled && names.has(name)) return `${prefix}${name}`
  }
  return undefined
}

/** Both ways, since `ſ` has no lower case but `S` for an upper one, and the Kelvin sign the reverse. */
const folded = (name: string): string => name.toUpperCase().toLowerCase()
