/**
 * Limits a visitor's request to a conversation in words, under the site's own system prompt. The request is
 * rebuilt from the allowed fields, so nothing else reaches the upstream, in any spelling or place.
 */
import { ApiError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { VisitorRules } from '../format.ts'
import { ownersPrompt } from '../own-options.ts'
import { fieldNotAllowed, roleNotAllowed, said, shown, wrongContent } from '../visitor-fields.ts'
import type { ChatMessage, ChatRequest } from './wire.ts'

/** Fields that cost nothing by themselves and pass no words to the model. */
const PLAIN_FIELDS = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'stop',
  'seed',
  'max_tokens',
  'max_completion_tokens',
])

/**
 * The fields of each role's messages. `true`: allowed; a name: allowed if `VisitorRules.fields` has this
 * entry.
 */
const MESSAGE_FIELDS: Partial<Record<string, Readonly<Record<string, true | string>>>> = {
  user: { role: true, content: true, name: 'name' },
  assistant: {
    role: true,
    content: true,
    refusal: true,
    name: 'name',
    audio: 'audio',
    tool_calls: 'tools',
    function_call: 'functions',
  },
  tool: { role: true, content: true, tool_call_id: true },
  function: { role: true, content: true, name: true },
}
/** Roles that need an entry of `VisitorRules.fields`. No entry allows `system` or `developer`. */
const ROLE_NEEDS: Partial<Record<string, string>> = { tool: 'tools', function: 'functions' }

const STREAM_OPTIONS = new Set(
  ['usage', 'timing', 'suggestions', 'obfuscation'].map((name) => `include_${name}`),
)

export function visitorRequest(request: ChatRequest, rules: VisitorRules): ChatRequest | ApiError {
  const fields = said(request).filter(
    ([name, value]) => name !== 'n' || value !== 1 || rules.fields.has(name),
  )
  const wrong = fields.find(([name]) => !PLAIN_FIELDS.has(name) && !rules.fields.has(name))
  if (wrong !== undefined) return fieldNotAllowed(shown(wrong[0]))
  const option = said(request.stream_options ?? {}).find(([name]) => !STREAM_OPTIONS.has(name))
  if (option !== undefined) return fieldNotAllowed(`stream_options.${shown(option[0])}`)

  const messages: ChatMessage[] = []
  const content = ownersPrompt(rules, request.stream_options)
  if (content !== undefined) messages.push({ role: 'system', content })
  for (const [index, message] of request.messages.entries()) {
    const own = visitorMessage(message, `messages[${index}]`, rules.fields)
    if (own instanceof ApiError) return own
    messages.push(own)
  }
  return { ...Object.fromEntries(fields), messages }
}

function visitorMessage(
  message: ChatMessage,
  param: string,
  allowed: ReadonlySet<string>,
): ChatMessage | ApiError {
  const { role } = message
  const known = MESSAGE_FIELDS[role]
  const needed = ROLE_NEEDS[role]
  if (known === undefined || (needed !== undefined && !allowed.has(needed))) {
    return roleNotAllowed(role, `${param}.role`)
  }
  const fields = said(message)
  for (const [name] of fields) {
    // Own names only: every object inherits a `constructor`.
    const needs = Object.hasOwn(known, name) ? known[name] : undefined
    const free = needs === true || (needs !== undefined && allowed.has(needs))
    if (!free) return fieldNotAllowed(`${param}.${shown(name)}`)
  }
  if (message.refusal != null && typeof message.refusal !== 'string') return wrongContent(`${param}.refusal`)
  return checkContent(message, `${param}.content`, allowed) ?? { role, ...Object.fromEntries(fields) }
}

/**
 * Checks that content is a text, or parts that are texts or allowed. An assistant's content may be missing
 * if the message has another field.
 */
function checkContent(
  { role, content, ...others }: ChatMessage,
  param: string,
  allowed: ReadonlySet<string>,
): ApiError | undefined {
  if (typeof content === 'string') return undefined
  if (content === undefined || content === null) {
    const silent = role === 'assistant' && said(others).length > 0
    return silent ? undefined : wrongContent(param)
  }
  if (!Array.isArray(content) || content.length === 0) return wrongContent(param)
  for (const [index, part] of content.entries()) {
    const error = checkPart(part, role, `${param}[${index}]`, allowed)
    if (error !== undefined) return error
  }
  return undefined
}

function checkPart(
  part: unknown,
  role: string,
  param: string,
  allowed: ReadonlySet<string>,
): ApiError | undefined {
  if (!isRecord(part) || typeof part.type !== 'string') return wrongContent(param)
  const { type } = part
  if (type !== 'text' && !(type === 'refusal' && role === 'assistant')) {
    // The upstream checks the fields of an allowed part.
    return allowed.has(type) && role === 'user' ? undefined : fieldNotAllowed(`${param}.type`)
  }
  if (typeof part[type] !== 'string') return wrongContent(`${param}.${type}`)
  const other = Object.keys(part).find((name) => name !== 'type' && name !== type)
  return other === undefined ? undefined : fieldNotAllowed(`${param}.${shown(other)}`)
}
