/**
 * What may be asked: the caller's body, read within bounds. A key holder's goes to the upstream as it came,
 * wherever nothing has to change; a visitor's is written anew from what its rules allow.
 */

import type { KnownUpstream } from '../config/upstreams.ts'
import { ApiError, invalidJson } from '../errors.ts'
import type { Changes, Question, RequestFormat } from '../formats/format.ts'
import { CHAT_COMPLETIONS, RESPONSES, type WireFormat } from '../formats/wire-format.ts'
import { MAX_JSON_DEPTH } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import { isRecord } from '../protocol/json.ts'
import { plan } from '../upstreams/plan.ts'
import { formOf } from './bodies.ts'
import { depthOf } from './json-shape.ts'
import { applyLimits, type CallTokens, chooseModel, maxBodyBytes, type Rules } from './policy.ts'
import { readText } from './read-body.ts'
import { rewrite } from './rewrite.ts'

/** A request that may go to the upstream. */
export interface ChatCall {
  format: WireFormat
  /** The body, as the upstream takes it that is asked first. */
  bytes: Uint8Array<ArrayBuffer>
  /** What `bytes` say. */
  question: Question
  /** As the caller names it. */
  model: string
  /** The one upstream that has what the question goes on from; `undefined`: any may be asked. */
  at: string | undefined
  stream: boolean
  /**
   * What is told at the end of a streamed answer: its usage, which is added where the upstream may not send
   * it; or that and its times, which Millrace adds. `undefined`: nothing.
   */
  wants: 'usage' | 'timing' | undefined
  /**
   * Whether the chunk with the usage is removed: the upstream was asked for it to settle the call, not for
   * the caller.
   */
  hidesUsage: boolean
  /** How the caller's object keeps the answer; `undefined`: it is only relayed. */
  kept: Kept | undefined
  tokens: CallTokens
  /** The most tokens that all choices together may have; `undefined`: there is no bound. */
  outputBound: number | undefined
}

/** An answer that belongs to the caller's object. */
export interface Kept {
  /** Whether the caller reads its events at once. */
  isStreamed: boolean
  /** Whether it goes on without readers. */
  inBackground: boolean
  /** The items to keep with it when its stream is no longer; `undefined`: it is kept no longer than that. */
  items: readonly unknown[] | undefined
}

/** `POST /v1/chat/completions`: OpenAI's JSON. */
export function readChatRequest(request: Request, rules: Rules): Promise<ChatCall | ApiError> {
  return readJsonRequest(request, rules, CHAT_COMPLETIONS, { durable: false })
}

/** `POST /v1/streams`: the same, always streamed, and with all that its last chunk can tell. */
export function readStreamRequest(request: Request, rules: Rules): Promise<ChatCall | ApiError> {
  return readJsonRequest(request, rules, CHAT_COMPLETIONS, { durable: true })
}

/** `POST /v1/responses`: OpenAI's JSON. Answers in the background, and those of visitors, are kept here. */
export function readResponseRequest(request: Request, rules: Rules): Promise<ChatCall | ApiError> {
  return readJsonRequest(request, rules, RESPONSES, { durable: false })
}

async function readJsonRequest(
  request: Request,
  rules: Rules,
  format: WireFormat,
  { durable }: { durable: boolean },
): Promise<ChatCall | ApiError> {
  const text = await readJsonText(request, maxBodyBytes(rules, format.requests), rules.bodyBytes)
  if (text instanceof ApiError) return text
  const read = readBody(text, rules, format.requests)
  if (read instanceof ApiError) return read
  const known = await continued(read, rules)
  if (known instanceof ApiError) return known
  const { question, at } = known
  const { asks, model } = question
  const kept = durable ? STREAM : keptOf(question, rules)
  const stream = kept !== undefined || question.stream
  const timing = kept !== undefined || (stream && asks.timing)
  const usage = stream && (asks.usage || format.alwaysTellsUsage)
  const wants = timing ? 'timing' : asks.usage && usage ? 'usage' : undefined
  // Calls are settled at the upstream's count: it alone has hidden reasoning.
  const hidesUsage = stream && !timing && !usage && rules.reserve === true
  const told = { wants, hidesUsage, kept } as const
  const tellUsage = timing || hidesUsage
  const body = { text, says: read.request }
  return toCall(body, question, { format, model, at, stream, tellUsage, ...told }, rules)
}

export async function readJsonText(...body: Parameters<typeof readText>): Promise<string | ApiError> {
  if (isJsonType(body[0])) return readText(...body)
  // Browsers send other types without a preflight, so any page could spend the caller's tokens.
  return new ApiError('unsupported_media_type', { message: 'Send the request as application/json.' })
}

/** `POST /chat`: the body is the question, whatever content type curl gives it, or OpenAI's JSON. */
export async function readQuestion(request: Request, rules: Rules): Promise<ChatCall | ApiError> {
  if (/^multipart\//i.test(request.headers.get('content-type') ?? '')) {
    return new ApiError('unsupported_media_type', {
      message: "Send the question as the body itself (curl's -d), not as a form with parts (curl's -F).",
    })
  }
  const format = CHAT_COMPLETIONS
  const { requests } = format
  const body = await readText(request, maxBodyBytes(rules, requests), rules.bodyBytes)
  if (body instanceof ApiError) return body
  if (body.trim() === '') return new ApiError('empty_question')
  const isRequest = isJsonType(request) || looksLikeRequest(body, requests)
  const text = isRequest ? body : JSON.stringify(requests.ask(body))
  const question = readBody(text, rules, requests)
  if (question instanceof ApiError) return question
  const query = new URL(request.url).searchParams
  const model = query.get('model') ?? question.model
  const wants = query.has('timing') ? 'timing' : undefined
  // The reader of plain text never sees the usage, so it is always asked for: accounts are more exact with
  // it.
  const told = { tellUsage: true, wants, hidesUsage: false } as const
  return toCall(
    { text, says: question.request },
    question,
    { format, model, at: undefined, stream: true, kept: undefined, ...told },
    rules,
  )
}

interface Intent
  extends Pick<Changes, 'stream' | 'tellUsage'>,
    Pick<ChatCall, 'format' | 'at' | 'wants' | 'hidesUsage' | 'kept'> {
  /** As the caller names it. */
  model: string | undefined
}

/** A durable stream in the form of Chat Completions, which has no ids to go on from. */
const STREAM: Kept = { isStreamed: true, inBackground: false, items: undefined }

function keptOf(question: Question, { visitor }: Rules): Kept | undefined {
  const { stream, background, store } = question
  if (background === undefined) return undefined
  const isKept = background || (stream && visitor !== undefined)
  return isKept
    ? { isStreamed: stream, inBackground: background, items: store ? question.items?.() : undefined }
    : undefined
}

/** The question after the answer that it goes on from, if that is kept here; or which upstream has it. */
async function continued(
  question: Question,
  { conversation }: Rules,
): Promise<{ question: Question; at?: string | undefined } | ApiError> {
  const { previous } = question
  if (previous === undefined || conversation === undefined) return { question }
  const found = await conversation(previous)
  if (found instanceof ApiError) return found
  if ('upstream' in found) return { question, at: found.upstream }
  return { question: question.after?.(found) ?? question }
}

/** The call as the rules let it go. */
function toCall(
  body: { text: string; says: Question['request'] },
  asked: Question,
  intent: Intent,
  rules: Rules,
): ChatCall | ApiError {
  const { format, stream, tellUsage, wants, hidesUsage, kept } = intent
  const model = chooseModel(intent.model, rules)
  if (model instanceof ApiError) return model
  const limits = applyLimits(asked, model, rules)
  if (limits instanceof ApiError) return limits
  const { tokens, outputBound, boundEach } = limits
  const [first] = plan<KnownUpstream>(rules.upstream, { model, route: format.name, at: intent.at })
  if (first === undefined) return new ApiError('route_not_available', { param: 'model' })
  // Nothing tells where other stored things are, so that is the upstream that is asked first, and no other.
  const isStored = asked.previous !== undefined || (asked.storedIds ?? []).length > 0
  const at = isStored ? first.upstream.name : undefined
  const form = formOf(first)
  const { outputBoundField } = form
  const bounds = { outputBound: boundEach, outputBoundField, toolRounds: rules.toolRounds }
  const question = asked.changed({ model, stream, tellUsage, keptHere: kept !== undefined, ...bounds })
  const isSame = first.model === model && form.takesStreamOptions
  const sent = isSame ? question.request : format.requests.adapted(question.request, form)
  // A visitor's own text never goes on: its upstream could read other things in it than were read here.
  const json = rules.visitor === undefined ? rewrite(body.text, body.says, sent) : JSON.stringify(sent)
  return {
    format,
    bytes: toBytes(json),
    question,
    model,
    at,
    stream,
    wants,
    hidesUsage,
    kept,
    tokens,
    outputBound,
  }
}

/** A question can be about JSON, or be JSON: only an object that the format knows is a request. */
function looksLikeRequest(text: string, format: RequestFormat): boolean {
  if (!/^\s*\{/.test(text)) return false
  // Text that is too deep to be parsed is refused as the request that it may be.
  if (depthOf(text, MAX_JSON_DEPTH) > MAX_JSON_DEPTH) return true
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) && format.isRequest(value)
  } catch {
    return false
  }
}

const isJsonType = (request: Request) =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(request.headers.get('content-type') ?? '')

function readBody(text: string, { visitor }: Rules, format: RequestFormat): Question | ApiError {
  const body = parseObject(text)
  return body instanceof ApiError ? body : format.read(body, visitor)
}

export function parseObject(text: string): Record<string, unknown> | ApiError {
  if (depthOf(text, MAX_JSON_DEPTH) > MAX_JSON_DEPTH) {
    return new ApiError('invalid_json', {
      message: `The body is nested too deeply: ${MAX_JSON_DEPTH} levels are the most.`,
    })
  }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return invalidJson(text)
  }
  return isRecord(body) ? body : new ApiError('invalid_json', { message: 'The body must be a JSON object.' })
}
