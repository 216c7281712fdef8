/** A request whose answer passes as it comes: its body, read within bounds. The bytes go on as they came. */
import type { KnownUpstream } from '../config/upstreams.ts'
import { ApiError } from '../errors.ts'
import type { PassedFormat, PassedQuestion } from '../formats/passed/passed-format.ts'
import { FORM_SHARE, MAX_BODY_BYTES, MAX_FORM_BYTES } from '../limits.ts'
import { toBytes } from '../protocol/encode.ts'
import { JSON_TYPE } from '../protocol/wire.ts'
import { namesOf, plan } from '../upstreams/plan.ts'
import { type ChatCall, parseObject, readJsonText } from './body.ts'
import { boundaryOf, readForm } from './form.ts'
import { chooseModel, type Rules } from './policy.ts'
import { countPrompt } from './prompt-limit.ts'
import { readBytes } from './read-body.ts'
import { rewrite } from './rewrite.ts'

/** A request that may go to an upstream. */
export interface PassedCall extends Pick<ChatCall, 'bytes' | 'model' | 'tokens' | 'outputBound'>, Body {
  format: PassedFormat
  question: PassedQuestion
}

interface Body extends Pick<ChatCall, 'bytes'> {
  contentType: string
  fields: Readonly<Record<string, unknown>>
  /** The same for an upstream that has another name for the model. */
  named(model: string): Uint8Array<ArrayBuffer>
}

export async function readPassedRequest(
  request: Request,
  rules: Rules,
  format: PassedFormat,
): Promise<PassedCall | ApiError> {
  const body = await (format.isForm ? readFormBody : readJsonBody)(request, rules)
  if (body instanceof ApiError) return body
  const question = format.read(body.fields)
  if (question instanceof ApiError) return question
  const model = chooseModel(question.model, rules)
  if (model instanceof ApiError) return model
  const candidates = plan<KnownUpstream>(rules.upstream, { model, route: format.name })
  if (candidates.length === 0) return new ApiError('route_not_available', { param: 'model' })
  const counter = rules.counterFor?.(model)
  const prompt = counter && countPrompt(question, model, counter, rules)
  if (prompt instanceof ApiError) return prompt
  const outputBound = rules.reserve
    ? question.mostOutputTokens(namesOf(rules.upstream, model), rules.maxPartTokens)
    : undefined
  if (outputBound instanceof ApiError) return outputBound
  return { ...body, format, question, model, tokens: { prompt }, outputBound }
}

async function readJsonBody(request: Request, { bodyBytes }: Rules): Promise<Body | ApiError> {
  const text = await readJsonText(request, MAX_BODY_BYTES, bodyBytes)
  if (text instanceof ApiError) return text
  const fields = parseObject(text)
  if (fields instanceof ApiError) return fields
  const named = (model: unknown) => toBytes(rewrite(text, fields, { ...fields, model }))
  // Of two members with one name, the upstream reads the one that was read here.
  return { bytes: named(fields.model), contentType: JSON_TYPE, fields, named }
}

async function readFormBody(request: Request, { bodyBytes }: Rules): Promise<Body | ApiError> {
  const contentType = request.headers.get('content-type') ?? ''
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) {
    const message = 'Send the request as multipart/form-data, with its boundary and no other parameter.'
    return new ApiError('unsupported_media_type', { message })
  }
  const share = bodyBytes && { ...bodyBytes, take: (bytes: number) => bodyBytes.take(bytes * FORM_SHARE) }
  const bytes = await readBytes(request, MAX_FORM_BYTES, share)
  if (bytes instanceof ApiError) return bytes
  const form = readForm(bytes, boundary)
  if (typeof form === 'string') return new ApiError('invalid_form', { message: form })
  return { bytes, contentType, fields: form.fields, named: (model) => form.with('model', model) }
}
