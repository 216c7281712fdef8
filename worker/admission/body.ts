/**
 * What may be asked: the caller's body, checked as far as the Worker depends on it. Every other
 * field, known or not, reaches the upstream as it came; but a visitor's are those that policy.ts allows.
 */
import { readAtMost } from '../bytes.ts'
import { ApiError } from '../errors.ts'
import { MAX_BODY_BYTES, MAX_DRAINED_BYTES, MAX_JSON_DEPTH, MAX_MESSAGES } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import { isRecord } from '../protocol/json.ts'
import { type ChatMessage, type ChatRequest, ROLES } from '../protocol/wire.ts'
import { depthOf, repeatsName } from './json-shape.ts'
import { applyRules, type CallTokens, type Rules } from './policy.ts'

/** A request that may go to the upstream. */
export interface ChatCall {
  /** The body for the upstream: as the caller wrote it, wherever nothing had to change. */
  bytes: Uint8Array<ArrayBuffer>
  model: string
  messages: readonly ChatMessage[]
  stream: boolean
  /**
   * What the end of a streamed answer must tell, by our doing: its usage, where the upstream may not send it; or that
   * and its times. `undefined`: nothing, and so its bytes stay as they are.
   */
  wants: 'usage' | 'timing' | undefined
  /** Whether the upstream is asked for usage that the caller of a streamed answer did not ask for: the chunk that has it stays here. */
  hidesUsage: boolean
  tokens: CallTokens
}

/** `POST /v1/chat/completions`: OpenAI's JSON. */
export function readChatRequest(request: Request, rules: Rules): Promise<ChatCall | ApiError> {
  return readJsonRequest(request, rules, { durable: false })
}

/** `POST /v1/streams`: the same, always streamed, and with all that its last chunk can tell. */
export function readStreamRequest(request: Request, rules: Rules): Promise<ChatCall | ApiError> {
  return readJsonRequest(request, rules, { durable: true })
}

async function readJsonRequest(
  request: Request,
  rules: Rules,
  { durable }: { durable: boolean },
): Promise<ChatCall | ApiError> {
  if (!isJsonType(request)) {
    // Anything else a browser sends without asking first, and then any page could spend the caller's tokens.
    return new ApiError('unsupported_media_type', { message: 'Send the request as application/json.' })
  }
  const text = await readText(request)
  if (text instanceof ApiError) return text
  const body = parseChatRequest(text)
  if (body instanceof ApiError) return body
  const { stream_options: options } = body
  const stream = durable || body.stream === true
  const timing = durable || (stream && options?.include_timing === true)
  const usage = stream && options?.include_usage === true
  const wants = timing ? 'timing' : usage && rules.fillUsage ? 'usage' : undefined
  // What is settled has to be known: hidden reasoning stands in the upstream's count alone.
  const hidesUsage = stream && !timing && !usage && rules.reserve === true
  const set = { ...(durable && { stream }), ...optionsOf(body, timing || hidesUsage) }
  return toCall(text, body, { set, wants, hidesUsage }, rules)
}

/** `POST /chat`: the body is the question, whatever content type curl gives it, or OpenAI's JSON. */
export async function readQuestion(request: Request, rules: Rules): Promise<ChatCall | ApiError> {
  if (/^multipart\//i.test(request.headers.get('content-type') ?? '')) {
    return new ApiError('unsupported_media_type', {
      message: "Send the question as the body itself (curl's -d), not as a form with parts (curl's -F).",
    })
  }
  const text = await readText(request)
  if (text instanceof ApiError) return text
  if (text.trim() === '') return new ApiError('empty_question')
  const isRequest = looksLikeRequest(text) || isJsonType(request)
  const json = isRequest ? text : JSON.stringify({ messages: [{ role: 'user', content: text }] })
  const body = parseChatRequest(json)
  if (body instanceof ApiError) return body
  const query = new URL(request.url).searchParams
  const model = query.get('model')
  const wants = query.has('timing') ? 'timing' : undefined
  // Its usage always: its caller sees none of it, and the account is the truer.
  const set = { stream: true, ...(model !== null && { model }), ...optionsOf(body, true) }
  return toCall(json, body, { set, wants, hidesUsage: false }, rules)
}

/** The request as the rules let it go, and as its caller wrote it wherever nothing had to change. */
function toCall(
  text: string,
  body: ChatRequest,
  { set, ...told }: { set: Partial<ChatRequest> } & Pick<ChatCall, 'wants' | 'hidesUsage'>,
  rules: Rules,
): ChatCall | ApiError {
  const model = chooseModel(set.model ?? body.model, rules)
  if (model instanceof ApiError) return model
  const ruled = applyRules({ ...body, ...set, model }, rules)
  if (ruled instanceof ApiError) return ruled
  const { request, tokens } = ruled
  // A visitor's own text never goes on: what its upstream might read in it needn't be what was read here.
  const json = rules.visitor === undefined ? rewrite(text, body, request) : JSON.stringify(request)
  const { messages, stream } = request
  return { bytes: toBytes(json), model, messages, stream: stream === true, ...told, tokens }
}

/** A question may be about JSON, or be JSON; only an object with `messages` is a request. */
function looksLikeRequest(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false
  // What is too deep to be looked at is refused as the request that it may be.
  if (depthOf(text, MAX_JSON_DEPTH) > MAX_JSON_DEPTH) return true
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) && 'messages' in value
  } catch {
    return false
  }
}

const isJsonType = (request: Request) =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(request.headers.get('content-type') ?? '')

async function readText(request: Request): Promise<string | ApiError> {
  try {
    // Where the length is told there is no need to count, and the runtime reads it in one go.
    const told = Number(request.headers.get('content-length') ?? Number.NaN)
    const bytes =
      told <= MAX_BODY_BYTES
        ? await request.arrayBuffer()
        : await readAtMost(request.body, MAX_BODY_BYTES, MAX_DRAINED_BYTES)
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch (cause) {
    if (cause instanceof TypeError) return new ApiError('invalid_encoding')
    if (!(cause instanceof RangeError)) return new ApiError('caller_left', { cause })
    return new ApiError('body_too_large', { message: `The body is larger than ${MAX_BODY_BYTES} bytes.` })
  }
}

/**
 * Sets fields of a JSON object. New ones are put at its end, and every other character stays; else the object is written
 * anew, with its numbers as they were written: those beyond a double's precision stay what they are.
 */
function rewrite(text: string, body: ChatRequest, wanted: ChatRequest): string {
  const changed = Object.entries(wanted).filter(([name, value]) => body[name] !== value)
  // Of two members with one name the upstream may take the other one than was read here; so none is left beside another.
  if (changed.some(([name]) => Object.hasOwn(body, name)) || repeatsName(text)) {
    return JSON.stringify({ ...(parse(text, asWritten) as ChatRequest), ...Object.fromEntries(changed) })
  }
  if (changed.length === 0) return text
  const members = changed.map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
  return `${text.slice(0, text.lastIndexOf('}'))}${members.join('')}}`
}

/** What changes of `stream_options`: `include_timing` is ours, and the upstream doesn't know it. @param usage whether that is to send its usage */
function optionsOf({ stream_options: options }: ChatRequest, usage: boolean): Partial<ChatRequest> {
  const { include_timing: ours, ...others } = options ?? {}
  if (usage) return { stream_options: { ...others, include_usage: true } }
  return ours === undefined ? {} : { stream_options: others }
}

const asWritten: Reviver = (_, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source ? rawJson(source) : value

// [spec] ECMA-262, "JSON.parse source text access": in V8, not yet in TypeScript's libraries.
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
const parse = JSON.parse as (json: string, reviver: Reviver) => unknown
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }

function parseChatRequest(text: string): ChatRequest | ApiError {
  if (depthOf(text, MAX_JSON_DEPTH) > MAX_JSON_DEPTH) {
    return new ApiError('invalid_json', {
      message: `The body is nested too deeply: ${MAX_JSON_DEPTH} levels are the most.`,
    })
  }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return new ApiError('invalid_json')
  }
  if (!isRecord(body)) return new ApiError('invalid_json', { message: 'The body must be a JSON object.' })
  const { messages, model, stream } = body
  if (!Array.isArray(messages) || messages.length === 0) {
    return new ApiError('invalid_messages', { param: 'messages' })
  }
  if (messages.length > MAX_MESSAGES) {
    return new ApiError('too_many_messages', {
      message: `The conversation has ${messages.length} messages; ${MAX_MESSAGES} is the most.`,
      param: 'messages',
    })
  }
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`
    if (!isRecord(message)) {
      return new ApiError('invalid_messages', { message: `\`${param}\` must be an object.`, param })
    }
    if (!ROLES.some((role) => role === message.role)) {
      return new ApiError('invalid_role', {
        message: `\`${param}.role\` must be one of ${ROLES.join(', ')}.`,
        param: `${param}.role`,
      })
    }
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return new ApiError('invalid_parameter', { message: '`stream` must be true or false.', param: 'stream' })
  }
  const { stream_options: options } = body
  if (options !== undefined && options !== null && !isRecord(options)) {
    return new ApiError('invalid_parameter', {
      message: '`stream_options` must be an object.',
      param: 'stream_options',
    })
  }
  if (model !== undefined && (typeof model !== 'string' || model === '')) {
    return new ApiError('invalid_parameter', {
      message: '`model` must be the name of a model.',
      param: 'model',
    })
  }
  return body as ChatRequest
}

function chooseModel(asked: string | undefined, { models, defaultModel }: Rules): string | ApiError {
  const model = asked || defaultModel
  if (models === undefined || models.includes(model)) return model
  return new ApiError('model_not_found', {
    message: `This model is not offered here. On offer: ${models.join(', ')}.`,
    param: 'model',
  })
}
