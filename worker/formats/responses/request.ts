/** The Responses API, the request half: checks the fields that the Worker reads, and sets its own. */
import { ApiError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Changes, Question, RequestFormat, VisitorRules } from '../format.ts'
import { withoutOwn } from '../own-options.ts'
import { mostPromptTokens, promptTokens } from '../prompt.ts'
import { misshapen, object } from '../shape.ts'
import { misspelled } from '../spelling.ts'
import { shownPrompt, wholePrompt } from './prompt-items.ts'
import { responsesTexts } from './question-text.ts'
import { itemsOf, type Members, type ResponsesRequest, typeOfItem } from './request-items.ts'
import { INPUT, REQUEST, VISITOR_REQUEST } from './shapes.ts'
import { SPELLING } from './spelling.ts'
import { callsTools, roundsOf, toolTokens } from './tool-tokens.ts'
import { visitorRequest } from './visitor-request.ts'

/** OpenAI refuses a lower `max_output_tokens`. */
const LEAST_OUTPUT_BOUND = 16

export const responsesRequests: RequestFormat = {
  read(json, visitor) {
    const wrong = misspelled(json, SPELLING) ?? misshapen(REQUEST, json) ?? withoutInput(json, visitor)
    return wrong ?? readQuestion(json as ResponsesRequest, visitor)
  },
  takesFiles: (fields) => ['input_image', 'input_audio', 'input_file'].some((type) => fields.has(type)),
  ask: (text) => ({ input: text }),
  isRequest: (json) => 'input' in json,
  adapted: (json, { model }) => ({ ...json, model }),
}

/** The input may be missing if something stored stands for it: a template, or what was said before. */
function withoutInput(json: ResponsesRequest, visitor: VisitorRules | undefined): ApiError | undefined {
  const { input, previous_response_id: previous, conversation, prompt } = json
  const isEmpty = input == null || (Array.isArray(input) && input.length === 0)
  if (!isEmpty) return undefined
  if (visitor === undefined && (previous ?? conversation ?? prompt) != null) return undefined
  return misshapen(object({ input: INPUT }), { input: 0 })
}

function readQuestion(request: ResponsesRequest, visitor: VisitorRules | undefined): Question | ApiError {
  const wishes = wishesOf(request)
  if (visitor === undefined) return questionOf(request, { ownersItems: 0, ...wishes })
  const own = visitorRequest(request, visitor)
  if (own instanceof ApiError) return own
  const ownersItems = itemsOf(own).length - itemsOf(request).length
  return misshapen(VISITOR_REQUEST, own) ?? questionOf(own, { ownersItems, ...wishes })
}

/** What the caller wants done with the answer, whatever of it goes upstream. */
const wishesOf = ({ background, store }: ResponsesRequest) => ({
  background: background === true,
  store: store !== false,
})

interface Known extends ReturnType<typeof wishesOf> {
  /** How many of the owner's own items stand before the caller's. */
  ownersItems: number
}

function questionOf(request: ResponsesRequest, known: Known): Question {
  const { ownersItems, background, store } = known
  const { model, stream, stream_options: options, max_output_tokens: bound } = request
  return {
    request,
    model,
    stream: stream === true,
    // The last event always has the usage.
    asks: { usage: false, timing: options?.include_timing === true },
    choices: 1,
    outputBounds: bound == null ? [] : [bound],
    leastOutputBound: LEAST_OUTPUT_BOUND,
    previous: request.previous_response_id ?? undefined,
    storedIds: storedIds(request),
    background,
    store,
    promptField: 'input',
    promptTokens: (model, counter) => promptTokens(shownPrompt(request, ownersItems), model, counter),
    mostPromptTokens: (model, counter, mostOf) =>
      mostPromptTokens(wholePrompt(request, ownersItems), model, counter, mostOf),
    toolTokens: (limits) => toolTokens(request, limits),
    judgedTexts: (ownersPrompt, ownersTools = []) => responsesTexts(request, ownersPrompt, ownersTools),
    items: () => itemsOf(request).slice(ownersItems),
    after: (items) => questionOf(after(items, request, ownersItems), known),
    changed: (changes) => questionOf(change(request, changes), known),
  }
}

/** The owner's items stay first, as before each question. */
function after(items: readonly unknown[], request: ResponsesRequest, ownersItems: number): ResponsesRequest {
  const { previous_response_id: _, ...others } = request
  const own = itemsOf(request)
  return {
    ...others,
    input: [...own.slice(0, ownersItems), ...items, ...own.slice(ownersItems)] as Members[],
  }
}

function storedIds(request: ResponsesRequest): string[] {
  const { conversation, prompt, prompt_cache_options: cache } = request
  const references = itemsOf(request).filter((item) => typeOfItem(item) === 'item_reference')
  const ids = [
    isRecord(conversation) ? conversation.id : conversation,
    isRecord(prompt) ? prompt.id : undefined,
    isRecord(cache) ? cache.comparison_response_id : undefined,
    ...references.map(({ id }) => id),
  ]
  return ids.filter((id) => typeof id === 'string')
}

function change(
  request: ResponsesRequest,
  { model, stream, outputBound, toolRounds, keptHere }: Changes,
): ResponsesRequest {
  const { stream_options: options, background, ...others } = request
  const kept = options && withoutOwn(options)
  return {
    ...others,
    model,
    ...(background !== undefined && !keptHere && { background }),
    ...(keptHere && { store: false, ...withReasoning(request, model) }),
    ...(stream !== (request.stream === true) && { stream }),
    // OpenAI takes stream options on streamed calls only.
    ...(options !== undefined && (stream || options === null) && { stream_options: kept }),
    ...(outputBound !== undefined && { max_output_tokens: outputBound }),
    ...(toolRounds !== undefined && callsTools(request) && { max_tool_calls: roundsOf(request, toolRounds) }),
  }
}

const ENCRYPTED = 'reasoning.encrypted_content'

/**
 * Without its store the upstream takes reasoning back in its encrypted form alone, which it sends if asked.
 * Models that don't reason refuse to be asked.
 */
function withReasoning(
  { include, reasoning }: ResponsesRequest,
  model: string,
): { include: readonly unknown[] } | undefined {
  const asked: readonly unknown[] = Array.isArray(include) ? include : []
  const reasons = isRecord(reasoning) || /^(?:o\d|gpt-5(?!\S*-chat))/.test(model)
  return reasons && !asked.includes(ENCRYPTED) ? { include: [...asked, ENCRYPTED] } : undefined
}

/** Source: OpenAI's reference, "Get input token counts". It refuses other fields. */
const COUNTED_FIELDS = `model input instructions tools tool_choice parallel_tool_calls text reasoning
  previous_response_id conversation truncation personality`.split(/\s+/)

/** The body of `POST /v1/responses/input_tokens` that asks how many tokens this question's prompt has. */
export function inputTokensRequest({ request }: Question): Record<string, unknown> {
  return Object.fromEntries(
    COUNTED_FIELDS.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]),
  )
}
