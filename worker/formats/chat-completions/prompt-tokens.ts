/** Counts the tokens of a chat request's prompt: its messages, and the other fields that the model reads. */
import { ApiError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { countChat } from '../../tokens/chat.ts'
import { assumedTokens, mostTokens, otherParts, typeOfPart } from './part-tokens.ts'
import type { ChatMessage, ChatRequest } from './wire.ts'

interface TextCounter {
  count(text: string): number
}

/** @returns the prompt's tokens, to be shown: exact for texts, and usual ones for parts of unknown cost */
export function promptTokens(request: ChatRequest, model: string, counter: TextCounter): number {
  const parts = otherParts(request).reduce((sum, part) => sum + assumedTokens(part, model), 0)
  const read = READ_TOO.map((name) => request[name])
  return parts + textTokens(request, read, model, counter)
}

interface PartLimits {
  /** For a part of unknown cost; `undefined`: such a part is refused. */
  mostOfPart: number | undefined
  /** How many of the owner's own messages stand before the caller's. */
  ownersMessages: number
}

/** @returns the most tokens that the upstream can bill for the prompt, to be reserved */
export function mostPromptTokens(
  request: ChatRequest,
  model: string,
  counter: TextCounter,
  { mostOfPart, ownersMessages }: PartLimits,
): number | ApiError {
  let tokens = 0
  for (const part of otherParts(request)) {
    const most = mostTokens(part, model) ?? mostOfPart
    if (most === undefined) {
      const param = `messages[${part.message - ownersMessages}].${part.place}`
      return new ApiError('cost_unknown', {
        message: `It is not known how many tokens \`${param}\` can cost with this model, so none can be reserved for it.`,
        param,
      })
    }
    tokens += most
  }
  const read = Object.entries(request).flatMap(([name, value]) => (NOT_READ.has(name) ? [] : [value]))
  return tokens + textTokens(request, read, model, counter)
}

/** The model reads these fields beside the messages, in a form close to their JSON. */
const READ_TOO = ['tools', 'functions', 'response_format', 'prediction'] as const

/**
 * An upstream may have its model read any other field too, so all are reserved but these: numbers, words of
 * the format, and what only the upstream reads. Source: OpenAI's chat completions reference.
 */
const NOT_READ = new Set(
  `messages model stream stream_options temperature top_p presence_penalty frequency_penalty stop seed n
  max_tokens max_completion_tokens user metadata logit_bias logprobs top_logprobs reasoning_effort service_tier
  store verbosity modalities audio parallel_tool_calls tool_choice function_call prompt_cache_key
  prompt_cache_retention safety_identifier`.split(/\s+/),
)

/** @param fields those beside the messages that the model may read */
function textTokens(
  { messages }: ChatRequest,
  fields: readonly unknown[],
  model: string,
  counter: TextCounter,
): number {
  const others = [...fields, ...messages.flatMap(uncounted)].filter(mayHoldText)
  return (
    countChat(messages, model, counter) +
    others.reduce((sum: number, value) => sum + counter.count(JSON.stringify(value)), 0)
  )
}

const mayHoldText = (value: unknown) =>
  value !== '' && (typeof value === 'string' || typeof value === 'object') && value !== null

/** What `countChat` doesn't count of a message. The model may read any of it. */
function uncounted({ role: _, content, name, tool_calls: calls, audio, ...others }: ChatMessage): unknown[] {
  return [
    ...(Array.isArray(content)
      ? content.flatMap(uncountedOfPart)
      : [typeof content === 'string' ? '' : content]),
    typeof name === 'string' ? undefined : name,
    Array.isArray(calls) ? calls.map((call) => (isPlainCall(call) ? call.id : call)) : calls,
    // The sound itself comes from the upstream, by its id.
    isRecord(audio) ? { ...audio, data: undefined } : audio,
    ...Object.values(others),
  ]
}

/** `countChat` counts the `text` and `refusal` of a part; part-tokens.ts what it holds that isn't text. */
function uncountedOfPart(part: unknown): unknown[] {
  if (!isRecord(part)) return [part]
  const type = typeOfPart(part)
  return Object.entries(part).flatMap(([name, value]) => {
    const isCounted =
      name === 'type' ||
      name === type ||
      (typeof value === 'string' && (name === 'text' || name === 'refusal'))
    return isCounted ? [] : [value]
  })
}

/** Whether `countChat` counts the whole call except its id: a function's name, and its arguments as text. */
function isPlainCall(call: unknown): call is { id: unknown } {
  if (!isRecord(call) || !isRecord(call.function)) return false
  const { id: _, type, function: called, ...others } = call
  const { name, arguments: given, ...more } = call.function
  const counted = type === 'function' && typeof name === 'string' && typeof given === 'string'
  return counted && Object.keys({ ...others, ...more }).length === 0
}
