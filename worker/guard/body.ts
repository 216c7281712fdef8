/**
 * What may be asked: the caller's body, checked as far as the Worker depends on it. Every other
 * field, known or not, reaches the upstream as it came.
 */
import { readAtMost } from '../bytes.ts'
import type { Config } from '../config.ts'
import { ApiError } from '../errors.ts'
import { MAX_BODY_BYTES, MAX_DRAINED_BYTES, MAX_MESSAGES } from '../limits.ts'
import { isRecord } from '../sse/chunk.ts'
import { toBytes } from '../sse/encode.ts'
import { type ChatMessage, type ChatRequest, ROLES } from '../wire.ts'

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
}

type Models = Pick<Config, 'models' | 'defaultModel' | 'fillUsage'>

/** `POST /v1/chat/completions`: OpenAI's JSON. */
export function readChatRequest(request: Request, models: Models): Promise<ChatCall | ApiError> {
  return readJsonRequest(request, models, { durable: false })
}

/** `POST /v1/streams`: the same, always streamed, and with all that its last chunk can tell. */
export function readStreamRequest(request: Request, models: Models): Promise<ChatCall | ApiError> {
  return readJsonRequest(request, models, { durable: true })
}

async function readJsonRequest(
  request: Request,
  models: Models,
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
  const model = chooseModel(body.model, models)
  if (model instanceof ApiError) return model
  const { messages } = body
  const options = body.stream_options ?? {}
  const stream = durable || body.stream === true
  const timing = durable || (stream && options.include_timing === true)
  const fill = stream && options.include_usage === true && models.fillUsage
  const json = timing && 'include_timing' in options ? withoutTiming(text) : text
  if (json instanceof ApiError) return json
  const fields = {
    model,
    ...(durable && { stream }),
    ...(timing && json === text && { stream_options: { ...options, include_usage: true } }),
  }
  const bytes = toBytes(rewrite(json, body, fields))
  return { bytes, model, messages, stream, wants: timing ? 'timing' : fill ? 'usage' : undefined }
}

/** `POST /chat`: the body is the question, whatever content type curl gives it, or OpenAI's JSON. */
export async function readQuestion(request: Request, models: Models): Promise<ChatCall | ApiError> {
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
  const model = chooseModel(query.get('model') ?? body.model, models)
  if (model instanceof ApiError) return model
  const wants = query.has('timing') ? 'timing' : undefined
  const stream_options = { ...body.stream_options, include_usage: true }
  const bytes = toBytes(rewrite(json, body, { model, stream: true, ...(wants && { stream_options }) }))
  return { bytes, model, messages: body.messages, stream: true, wants }
}

/** A question may be about JSON, or be JSON; only an object with `messages` is a request. */
function looksLikeRequest(text: string): boolean {
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
 * Sets fields of a JSON object and keeps every other character: numbers beyond a double's precision stay what they are.
 * [spec] ECMA-262, 25.5.1: of two members with one name the last counts, as in the parsers of other languages.
 */
function rewrite(json: string, body: ChatRequest, fields: Partial<ChatRequest>): string {
  const changed = Object.entries(fields).filter(([name, value]) => body[name] !== value)
  if (changed.length === 0) return json
  const members = changed.map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
  return `${json.slice(0, json.lastIndexOf('}'))}${members.join('')}}`
}

/**
 * `include_timing` is ours, and the upstream doesn't know it; what it is to send is the usage. Written anew, so that
 * nothing of it stays; numbers stay as they were written.
 */
function withoutTiming(json: string): string | ApiError {
  const asWritten: Reviver = (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJson(source) : value
  try {
    const body = parse(json, asWritten) as ChatRequest
    const { include_timing: _, ...options } = body.stream_options ?? {}
    return JSON.stringify({ ...body, stream_options: { ...options, include_usage: true } })
  } catch {
    // Both walk the body by recursion, which ends where the stack does.
    return new ApiError('invalid_json', { message: 'The body is nested too deeply.' })
  }
}

// [spec] ECMA-262, "JSON.parse source text access": in V8, not yet in TypeScript's libraries.
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
const parse = JSON.parse as (json: string, reviver: Reviver) => unknown
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }

function parseChatRequest(text: string): ChatRequest | ApiError {
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

function chooseModel(asked: string | undefined, { models, defaultModel }: Models): string | ApiError {
  const model = asked || defaultModel
  if (models === undefined || models.includes(model)) return model
  return new ApiError('model_not_found', {
    message: `This model is not offered here. On offer: ${models.join(', ')}.`,
    param: 'model',
  })
}
