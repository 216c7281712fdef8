/**
 * `TOOLS`: what the owner lets the upstream's tools do for visitors. A tool is taken only if it costs a known
 * number of tokens, needs no approval, and gives no visitor a way into the owner's account.
 */
import type { OwnersTool } from '../formats/format.ts'
import { anObject, is, list, name, object, type Shape, text, yesOrNo } from '../formats/shape.ts'
import { MAX_NAME_CHARS, OWNERS_CHUNKS, TOOL_RESULT } from '../limits.ts'
import { isRecord } from '../protocol/json.ts'
import { ConfigError, type Parse } from './parsers.ts'

interface Known {
  /** Beside `type`. Other members are refused. */
  members: Readonly<Record<string, Shape>>
  required: readonly string[]
}

const someNames: Shape = (value, param) =>
  Array.isArray(value) && value.length === 0
    ? { param, right: 'a list of at least 1' }
    : list(name, 100)(value, param)
const oneOf = (...words: string[]) => is(words.join(' or '), (it) => words.includes(String(it)))

/** Source: OpenAI's reference of the Responses API, "Create a model response", `tools`. */
const KNOWN: Readonly<Record<string, Known>> = {
  file_search: {
    members: {
      vector_store_ids: someNames,
      max_num_results: is(
        `a whole number from 1 to ${TOOL_RESULT.mostChunks}`,
        (it) => Number.isSafeInteger(it) && Number(it) >= 1 && Number(it) <= TOOL_RESULT.mostChunks,
      ),
      filters: anObject,
      ranking_options: anObject,
    },
    required: ['vector_store_ids'],
  },
  web_search: {
    members: {
      filters: object({ allowed_domains: someNames }),
      user_location: anObject,
      search_context_size: oneOf('low', 'medium', 'high'),
      external_web_access: yesOrNo,
    },
    required: [],
  },
  mcp: {
    members: {
      server_label: name,
      server_url: is('an https address', (it) => URL.canParse(String(it)) && /^https:/.test(String(it))),
      server_description: text(MAX_NAME_CHARS * 4),
      allowed_tools: someNames,
      require_approval: is('"never": a visitor has nobody to approve it', (it) => it === 'never'),
    },
    required: ['server_label', 'server_url', 'allowed_tools', 'require_approval'],
  },
}

/** The error names members that OpenAI defines, and nothing else of the text. */
export const tools: Parse<OwnersTool[]> = (text, setting) => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new ConfigError(`${setting} is not JSON.`)
  }
  const wrong = list(aTool, 16)(json, setting)
  if (wrong !== undefined) throw new ConfigError(`${wrong.param} must be ${wrong.right}.`)
  return (json as OwnersTool[]).map((tool) =>
    tool.type === 'file_search' ? { max_num_results: OWNERS_CHUNKS, ...tool } : tool,
  )
}

const aTool: Shape = (value, param) => {
  const { type } = isRecord(value) ? value : {}
  const known = typeof type === 'string' && Object.hasOwn(KNOWN, type) ? KNOWN[type] : undefined
  if (known === undefined) return { param: `${param}.type`, right: Object.keys(KNOWN).join(', ') }
  const { members, required } = known
  const tool = value as Readonly<Record<string, unknown>>
  const missing = required.find((member) => tool[member] == null)
  if (missing !== undefined) return members[missing]?.(undefined, `${param}.${missing}`)
  if (Object.keys(tool).some((member) => member !== 'type' && !Object.hasOwn(members, member))) {
    return { param, right: `of the members type, ${Object.keys(members).join(', ')} alone` }
  }
  return object(members)(tool, param)
}
