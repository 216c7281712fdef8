/** Counts the tokens of a chat request's prompt: its messages, and the other fields that the model reads. */
import { TOKENS_OF_PART } from '../../limits.ts'
import { isRecord } from '../../protocol/json.ts'
import { countChat } from '../../tokens/chat.ts'
import type { ChatMessage, ChatRequest } from './wire.ts'

/** The model reads these fields beside the messages, in a form close to their JSON. */
const READ_TOO = ['tools', 'functions', 'response_format', 'prediction'] as const

/** @returns the prompt's tokens: exact for texts, and `TOKENS_OF_PART` for each part that isn't text */
export function promptTokens(
  request: ChatRequest,
  model: string,
  counter: { count(text: string): number },
): number {
  const { messages } = request
  const parts = messages.reduce((tokens, message) => tokens + partTokens(message), 0)
  const others = [...READ_TOO.map((name) => request[name]), ...messages.flatMap(uncounted)]
  return (
    parts +
    countChat(messages, model, counter) +
    others.reduce((sum: number, value) => sum + (value == null ? 0 : counter.count(JSON.stringify(value))), 0)
  )
}

/** The fields of a message that `countChat` doesn't count. The model may read any of them. */
function uncounted({ role: _, content, name, tool_calls: calls, ...others }: ChatMessage): unknown[] {
  return [
    typeof content === 'string' || Array.isArray(content) ? undefined : content,
    typeof name === 'string' ? undefined : name,
    Array.isArray(calls) ? calls.map((call) => (isPlainCall(call) ? call.id : call)) : calls,
    ...Object.values(others),
  ]
}

/** Whether `countChat` counts the whole call except its id: a function's name, and its arguments as text. */
function isPlainCall(call: unknown): call is { id: unknown } {
  if (!isRecord(call) || !isRecord(call.function)) return false
  const { id: _, type, function: called, ...others } = call
  const { name, arguments: given, ...more } = call.function
  const counted = type === 'function' && typeof name === 'string' && typeof given === 'string'
  return counted && Object.keys({ ...others, ...more }).length === 0
}

function partTokens({ content }: ChatMessage): number {
  if (!Array.isArray(content)) return 0
  return content.reduce((tokens: number, part: unknown) => tokens + tokensOfPart(part), 0)
}

function tokensOfPart(part: unknown): number {
  const type = isRecord(part) ? part.type : undefined
  if (type === 'text' || type === 'refusal') return 0
  if (type === 'image_url' || type === 'input_audio' || type === 'file') return TOKENS_OF_PART[type]
  return TOKENS_OF_PART.other
}
