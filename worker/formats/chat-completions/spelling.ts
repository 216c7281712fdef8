/**
 * Finds members whose names differ from the ones that are read here in nothing but case. Upstreams written in
 * Go take `"Model"` or `"meſſages"` for the right name, so such a member would pass every limit that is set
 * here.
 * Source: Go's encoding/json, "preferring exact matches but also accepting case-insensitive matches".
 */
import { isRecord } from '../../protocol/json.ts'

/** The names that are read of a request, at its top level and in its messages. */
const READ = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'include_usage', 'include_timing'],
  ...['n', 'max_tokens', 'max_completion_tokens'],
  ...['tools', 'functions', 'response_format', 'prediction'],
  ...['role', 'content', 'name', 'refusal', 'tool_calls', 'tool_call_id', 'function_call', 'audio'],
  ...['type', 'text', 'image_url', 'url', 'detail', 'input_audio', 'data', 'format', 'file', 'file_data'],
  ...['id', 'function', 'custom', 'arguments', 'input'],
])

export interface Misspelled {
  /** Where it stands, by the right name: `messages[0].role`. */
  param: string
  /** The right name. */
  name: string
}

/**
 * Looks at the names of the request, of its stream options, and of all that its messages hold. In `tools`,
 * `metadata` and the like, names are the caller's own.
 *
 * @returns the first such member
 */
export function misspelled(request: Readonly<Record<string, unknown>>): Misspelled | undefined {
  return (
    inMembers(request, '') ??
    inAll(request.stream_options, 'stream_options') ??
    inAll(request.messages, 'messages')
  )
}

function inAll(value: unknown, path: string): Misspelled | undefined {
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) {
      const found = inAll(one, `${path}[${index}]`)
      if (found !== undefined) return found
    }
  }
  if (!isRecord(value)) return undefined
  const own = inMembers(value, `${path}.`)
  if (own !== undefined) return own
  for (const [name, member] of Object.entries(value)) {
    const found = typeof member === 'object' ? inAll(member, `${path}.${name}`) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function inMembers(object: Readonly<Record<string, unknown>>, prefix: string): Misspelled | undefined {
  for (const spelled of Object.keys(object)) {
    if (READ.has(spelled)) continue
    const name = folded(spelled)
    if (name !== spelled && READ.has(name)) return { param: `${prefix}${name}`, name }
  }
  return undefined
}

/** Both ways, since `ſ` has no lower case but `S` for an upper one, and the Kelvin sign the reverse. */
const folded = (name: string): string => name.toUpperCase().toLowerCase()
