/** Chat Completions, the request half: checks the fields that the Worker reads, and sets its own. */
import { ApiError } from '../../errors.ts'
import { MAX_MESSAGES } from '../../limits.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Changes, Question, RequestFormat, VisitorRules } from '../format.ts'
import { withoutOwn } from '../own-options.ts'
import { mostPromptTokens, promptTokens } from '../prompt.ts'
import { misshapen } from '../shape.ts'
import { misspelled } from '../spelling.ts'
import { boundOutput, type OutputBounds, readOutputBounds } from './output-bounds.ts'
import { shownPrompt, wholePrompt } from './prompt-tokens.ts'
import { chatTexts } from './question-text.ts'
import { REQUEST, VISITOR_REQUEST } from './shapes.ts'
import { SPELLING } from './spelling.ts'
import { visitorRequest } from './visitor-request.ts'
import { type ChatRequest, ROLES } from './wire.ts'

export const chatRequests: RequestFormat = {
  read(json, visitor) {
    const request = checkRequest(json)
    return request instanceof ApiError ? request : readQuestion(request, visitor)
  },
  takesFiles: (fields) => ['image_url', 'input_audio', 'file'].some((type) => fields.has(type)),
  ask: (text) => ({ messages: [{ role: 'user', content: text }] }),
  isRequest: (json) => 'messages' in json,
  adapted(json, { model, outputBoundField, takesStreamOptions }) {
    const { stream_options, ...others } = json as ChatRequest
    const hasOptions = stream_options !== undefined && takesStreamOptions
    const { max_tokens, max_completion_tokens } = others
    // Of two bounds the upstream knows which one it reads, and it is the smaller one that was meant.
    const bounds = [max_tokens, max_completion_tokens].filter((bound) => typeof bound === 'number')
    const request = { ...others, ...(hasOptions && { stream_options }), model }
    return bounds.length === 0 ? request : boundOutput(request, Math.min(...bounds), outputBoundField)
  },
}

function readQuestion(request: ChatRequest, visitor: VisitorRules | undefined): Question | ApiError {
  const own = visitor === undefined ? request : visitorRequest(request, visitor)
  if (own instanceof ApiError) return own
  const wrong = visitor && misshapen(VISITOR_REQUEST, own)
  if (wrong !== undefined) return wrong
  const bounds = readOutputBounds(own)
  if (bounds instanceof ApiError) return bounds
  return questionOf(own, { ...bounds, ownersMessages: own.messages.length - request.messages.length })
}

interface Known extends OutputBounds {
  /** How many of the owner's own messages stand before the caller's. */
  ownersMessages: number
}

function questionOf(request: ChatRequest, known: Known): Question {
  const { choices, outputBounds, ownersMessages } = known
  const { model, stream, stream_options: options } = request
  return {
    request,
    model,
    stream: stream === true,
    asks: { usage: options?.include_usage === true, timing: options?.include_timing === true },
    choices,
    outputBounds,
    promptField: 'messages',
    promptTokens: (model, counter) => promptTokens(shownPrompt(request, ownersMessages), model, counter),
    mostPromptTokens: (model, counter, mostOf) =>
      mostPromptTokens(wholePrompt(request, ownersMessages), model, counter, mostOf),
    judgedTexts: (ownersPrompt) => chatTexts(request, ownersPrompt),
    changed: (changes) => questionOf(change(request, changes), known),
  }
}

function change(
  request: ChatRequest,
  { model, stream, tellUsage, outputBound, outputBoundField }: Changes,
): ChatRequest {
  const { stream_options: options, ...others } = request
  // vLLM refuses an unstreamed call that has stream options, and its error quotes the whole request.
  const kept = stream ? streamOptions(options, tellUsage) : options === null ? null : undefined
  const changed = {
    ...others,
    model,
    ...(stream !== (request.stream === true) && { stream }),
    ...(kept !== undefined && { stream_options: kept }),
  }
  return outputBound === undefined ? changed : boundOutput(changed, outputBound, outputBoundField)
}

function streamOptions(
  options: ChatRequest['stream_options'],
  tellUsage: boolean,
): ChatRequest['stream_options'] {
  const sent = options && withoutOwn(options)
  return tellUsage ? { ...sent, include_usage: true } : sent
}

function checkRequest(json: Readonly<Record<string, unknown>>): ChatRequest | ApiError {
  const other = misspelled(json, SPELLING)
  if (other !== undefined) return other
  const { messages } = json
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
  return misshapen(REQUEST, json) ?? (json as ChatRequest)
}
