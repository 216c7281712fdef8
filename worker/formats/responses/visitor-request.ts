/**
 * Limits a visitor's request to a conversation in words, under the site's own system prompt and with its own
 * tools. The request is rebuilt from the allowed fields, items and parts, so nothing else reaches the
 * upstream, in any spelling or place.
 */
import { ApiError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { VisitorRules } from '../format.ts'
import { ownersPrompt } from '../own-options.ts'
import { fieldNotAllowed, roleNotAllowed, said, shown, wrongContent } from '../visitor-fields.ts'
import { itemsOf, type Members, type ResponsesRequest, typeOfItem } from './request-items.ts'

/**
 * Members by name. `true`: goes on; `false`: is left out, since answers are sent back with it; a name: goes
 * on if `VisitorRules.fields` has this entry.
 */
type Allowed = Readonly<Record<string, boolean | string>>

/** Fields that cost nothing by themselves and pass no words to the model. */
const FIELDS: Allowed = {
  model: true,
  input: true,
  stream: true,
  stream_options: true,
  temperature: true,
  top_p: true,
  max_output_tokens: true,
  previous_response_id: true,
  background: false,
  store: false,
}

/**
 * What no entry of `VisitorRules.fields` allows: the place of the owner's words, what is stored in the
 * owner's account, and what bounds the owner's tools.
 */
const NEVER = new Set(['instructions', 'prompt', 'conversation', 'max_tool_calls'])

const ITEM: Allowed = { type: true, id: false, status: false }
/** The items that tools of the page itself need. */
const CALLS: Readonly<Record<string, Allowed>> = {
  function_call: { ...ITEM, call_id: true, name: true, arguments: true },
  function_call_output: { ...ITEM, call_id: true, output: true },
  custom_tool_call: { ...ITEM, call_id: true, name: true, input: true },
  custom_tool_call_output: { ...ITEM, call_id: true, output: true },
}
const MESSAGES: Readonly<Record<string, Allowed>> = {
  user: { ...ITEM, role: true, content: true },
  assistant: { ...ITEM, role: true, content: true, phase: true },
}

/** The parts of each role's messages. All but texts need an entry of `VisitorRules.fields`. */
const PARTS: Readonly<Record<string, Readonly<Record<string, Allowed>>>> = {
  user: {
    input_text: { type: true, text: true },
    input_image: { type: true, image_url: true, detail: true, file_id: 'file_id' },
    input_file: {
      ...{ type: true, file_data: true, filename: true, detail: true },
      ...{ file_url: 'file_url', file_id: 'file_id' },
    },
    input_audio: { type: true, input_audio: true },
  },
  assistant: {
    output_text: { type: true, text: true, annotations: false, logprobs: false },
    refusal: { type: true, refusal: true },
  },
}
const TEXTS = ['input_text', 'output_text', 'refusal']

/** Tools that the page runs. Any other names what is the owner's. */
const TOOLS_OF_PAGES = ['function', 'custom']

export function visitorRequest(request: ResponsesRequest, rules: VisitorRules): ResponsesRequest | ApiError {
  const { fields, tools = [] } = rules
  const never = said(request).find(([name]) => NEVER.has(name))
  if (never !== undefined) return fieldNotAllowed(never[0])
  const own = rebuilt(
    request,
    { ...Object.fromEntries([...fields].map((name) => [name, true])), ...FIELDS },
    '',
  )
  if (own instanceof ApiError) return own
  const option = said(request.stream_options ?? {}).find(
    ([name]) => !/^include_(?:timing|suggestions|obfuscation)$/.test(name),
  )
  if (option !== undefined) return fieldNotAllowed(`stream_options.${shown(option[0])}`)
  const pagesTools = own.tools as readonly Members[] | undefined
  const odd = pagesTools?.findIndex(({ type }) => !TOOLS_OF_PAGES.includes(String(type))) ?? -1
  if (odd !== -1) return fieldNotAllowed(`tools[${odd}].type`)

  const prompt = ownersPrompt(rules, request.stream_options)
  const input: Members[] = prompt === undefined ? [] : [{ role: 'developer', content: prompt }]
  for (const [index, item] of itemsOf(request).entries()) {
    const mine = visitorItem(item, `input[${index}]`, fields)
    if (mine instanceof ApiError) return mine
    input.push(mine)
  }
  const allTools = [...tools, ...(pagesTools ?? [])]
  return { ...own, input, store: false, ...(allTools.length > 0 && { tools: allTools }) }
}

function visitorItem(item: Members, param: string, fields: VisitorRules['fields']): Members | ApiError {
  const type = typeOfItem(item)
  if (type !== 'message') {
    const calls = typeof type === 'string' && fields.has('tools') && ownOf(CALLS, type)
    return calls
      ? visitorCall(item, calls, param)
      : fieldNotAllowed(item.type == null ? param : `${param}.type`)
  }
  const { role } = item
  const members = ownOf(MESSAGES, role)
  if (members === undefined) return roleNotAllowed(String(role), `${param}.role`)
  const message = rebuilt(item, members, param)
  if (message instanceof ApiError) return message
  const content = visitorContent(message.content, String(role), `${param}.content`, fields)
  return content instanceof ApiError ? content : { ...message, content }
}

/** A call of a tool, and its result: in words. */
function visitorCall(item: Members, members: Allowed, param: string): Members | ApiError {
  const call = rebuilt(item, members, param)
  if (call instanceof ApiError) return call
  const wrong = Object.entries(call).find(([, value]) => typeof value !== 'string')
  return wrong === undefined ? call : wrongContent(`${param}.${wrong[0]}`)
}

function visitorContent(
  content: unknown,
  role: string,
  param: string,
  fields: VisitorRules['fields'],
): unknown {
  if (typeof content === 'string') return content
  if (!Array.isArray(content) || content.length === 0) return wrongContent(param)
  const parts: Members[] = []
  for (const [index, part] of content.entries()) {
    const mine = visitorPart(part, role, `${param}[${index}]`, fields)
    if (mine instanceof ApiError) return mine
    parts.push(mine)
  }
  return parts
}

function visitorPart(
  part: unknown,
  role: string,
  param: string,
  fields: VisitorRules['fields'],
): Members | ApiError {
  if (!isRecord(part) || typeof part.type !== 'string') return wrongContent(param)
  const { type } = part
  const members = ownOf(PARTS[role] ?? {}, type)
  const isText = TEXTS.includes(type)
  if (members === undefined || !(isText || fields.has(type))) return fieldNotAllowed(`${param}.type`)
  const mine = rebuilt(part, members, param, fields)
  if (!isText || mine instanceof ApiError) return mine
  const held = type === 'refusal' ? type : 'text'
  return typeof mine[held] === 'string' ? mine : wrongContent(`${param}.${held}`)
}

function rebuilt(
  object: object,
  allowed: Allowed,
  param: string,
  fields?: VisitorRules['fields'],
): Members | ApiError {
  const kept: [string, unknown][] = []
  for (const [name, value] of said(object)) {
    const rule = ownOf(allowed, name)
    if (rule === undefined || (typeof rule === 'string' && !fields?.has(rule))) {
      return fieldNotAllowed(param === '' ? shown(name) : `${param}.${shown(name)}`)
    }
    if (rule !== false) kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

/** Own names only: every object inherits a `constructor`. */
const ownOf = <T>(table: Readonly<Record<string, T>>, name: unknown): T | undefined =>
  typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined
