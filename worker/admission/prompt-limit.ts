/** How long a prompt may be, counted as the upstream will bill it, in time bounded by the limit whatever the prompt says. */
import { ApiError } from '../errors.ts'
import { COUNTED_CHARS, MAX_CHARS_PER_TOKEN, TOKENS_OF_PART } from '../limits.ts'
import { isRecord } from '../protocol/json.ts'
import type { ChatMessage, ChatRequest } from '../protocol/wire.ts'
import { countChat } from '../tokens/chat.ts'
import type { Counter } from '../tokens/counter.ts'

/** Beside the messages, what else the model is given to read: as JSON here, and in much the same form there. */
const READ_TOO = ['tools', 'functions', 'response_format', 'prediction'] as const

/**
 * @param most `undefined`: counted all the same, for whoever must know
 * @returns the prompt's tokens: exact for texts, and `TOKENS_OF_PART` for each part that is none
 */
export function countPrompt(
  request: ChatRequest,
  model: string,
  counter: Counter,
  most: number | undefined,
): number | ApiError {
  const bounded = countAtMost(counter, most ?? Number.POSITIVE_INFINITY)
  const parts = request.messages.reduce((tokens, message) => tokens + partTokens(message), 0)
  const others = [...READ_TOO.map((name) => request[name]), ...request.messages.flatMap(uncounted)]
  const tokens =
    parts +
    countChat(request.messages, model, bounded) +
    others.reduce((sum: number, value) => sum + (value == null ? 0 : bounded.count(JSON.stringify(value))), 0)
  if (most === undefined || (bounded.whole() && tokens <= most)) return tokens
  const found = bounded.whole() ? `${tokens} tokens` : bounded.seen()
  return new ApiError('prompt_too_long', {
    message: `The prompt has ${found}; ${most} tokens are the most that is allowed here.`,
    param: 'messages',
  })
}

/** A counter that stops once it is certain that there are too many. */
function countAtMost(counter: Counter, most: number) {
  const mostChars = most * MAX_CHARS_PER_TOKEN
  let tokens = 0
  let chars = 0
  const whole = () => tokens <= most && chars <= mostChars

  function count(text: string): number {
    chars += text.length
    if (!whole()) return 0
    const found = text.length <= COUNTED_CHARS ? counter.count(text) : countLong(text, most - tokens)
    tokens += found
    return found
  }

  function countLong(text: string, left: number): number {
    const counting = counter.incremental()
    for (let from = 0; from < text.length && counting.committed <= left; from += COUNTED_CHARS) {
      counting.push(text.slice(from, from + COUNTED_CHARS))
    }
    return counting.committed > left ? counting.committed : counting.end()
  }

  const seen = () => (tokens > most ? `more than ${most} tokens` : `more than ${mostChars} characters`)
  return { count, whole, seen }
}

/** What a message holds that `countChat` doesn't count: whatever it is, the model may be given it to read. */
function uncounted({ role: _, content, name, tool_calls: calls, ...others }: ChatMessage): unknown[] {
  return [
    typeof content === 'string' || Array.isArray(content) ? undefined : content,
    typeof name === 'string' ? undefined : name,
    Array.isArray(calls) ? calls.map((call) => (isPlainCall(call) ? call.id : call)) : calls,
    ...Object.values(others),
  ]
}

/** A function's, by its name and with its arguments as text: counted whole, but for its id. */
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
