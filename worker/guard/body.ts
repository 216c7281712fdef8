/**
 * What may be asked: the caller's body, checked as far as the Worker depends on it. Every other
 * field, known or not, reaches the upstream as it came.
 */
import { readAtMost } from '../bytes.ts'
import type { Config } from '../config.ts'
import { ApiError } from '../errors.ts'
import { MAX_BODY_BYTES, MAX_MESSAGES } from '../limits.ts'
import { isRecord } from '../sse/chunk.ts'
import { toBytes } from '../sse/encode.ts'
import { type ChatRequest, ROLES } from '../wire.ts'

/** A request that may go to the upstream. */
export interface ChatCall {
  /** The body for the upstream: the caller's own bytes wherever nothing had to change. */
  bytes: Uint8Array
  model: string
  stream: boolean
}

type Models = Pick<Config, 'models' | 'defaultModel'>

/** `POST /v1/chat/completions`: OpenAI's JSON. */
export async function readChatRequest(request: Request, models: Models): Promise<ChatCall | ApiError> {
  if (!isJsonType(request)) {
    // Anything else a browser sends without asking first, and then any page could spend the caller's tokens.
    return new ApiError('unsupported_media_type', { message: 'Send the request as application/json.' })
  }
  const bytes = await readBytes(request)
  if (bytes instanceof ApiError) return bytes
  const text = decode(bytes)
  if (text instanceof ApiError) return text
  const body = parseChatRequest(text)
  if (body instanceof ApiError) return body
  const model = chooseModel(body.model, models)
  if (model instanceof ApiError) return model
  return {
    bytes: body.model === model ? bytes : toBytes(JSON.stringify({ ...body, model })),
    model,
    stream: body.stream === true,
  }
}

/** `POST /chat`: the body is the question, whatever content type curl gives it, or OpenAI's JSON. */
export async function readQuestion(request: Request, models: Models): Promise<ChatCall | ApiError> {
  if (/^multipart\//i.test(request.headers.get('content-type') ?? '')) {
    return new ApiError('unsupported_media_type', {
      message: "Send the question as the body itself (curl's -d), not as a form with parts (curl's -F).",
    })
  }
  const bytes = await readBytes(request)
  if (bytes instanceof ApiError) return bytes
  const text = decode(bytes)
  if (text instanceof ApiError) return text
  if (text.trim() === '') return new ApiError('empty_question')
  const body = looksLikeRequest(text) || isJsonType(request) ? parseChatRequest(text) : ask(text)
  if (body instanceof ApiError) return body
  const named = new URL(request.url).searchParams.get('model')
  const model = chooseModel(named ?? body.model, models)
  if (model instanceof ApiError) return model
  return { bytes: toBytes(JSON.stringify({ ...body, model, stream: true })), model, stream: true }
}

const ask = (question: string): ChatRequest => ({ messages: [{ role: 'user', content: question }] })

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

async function readBytes(request: Request): Promise<Uint8Array | ApiError> {
  const tooLarge = () =>
    new ApiError('body_too_large', { message: `The body is larger than ${MAX_BODY_BYTES} bytes.` })
  if (Number(request.headers.get('content-length')) > MAX_BODY_BYTES) return tooLarge()
  try {
    return await readAtMost(request.body, MAX_BODY_BYTES)
  } catch (cause) {
    return cause instanceof RangeError ? tooLarge() : new ApiError('caller_left', { cause })
  }
}

function decode(bytes: Uint8Array): string | ApiError {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    return new ApiError('invalid_encoding')
  }
}

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
