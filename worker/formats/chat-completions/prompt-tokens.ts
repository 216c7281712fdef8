/** What the model reads of a chat request: its messages, and other fields. */
import { isRecord } from '../../protocol/json.ts'
import type { Prompt } from '../prompt.ts'
import { wordsIn } from '../words.ts'
import notRead from './not-read.txt'
import { otherParts, typeOfPart } from './part-tokens.ts'
import type { ChatMessage, ChatRequest } from './wire.ts'

/**
 * What the model is known to read, for a count that is shown.
 *
 * @param ownersMessages how many of the owner's own messages stand before the caller's
 */
export function shownPrompt(request: ChatRequest, ownersMessages: number): Prompt {
  return promptOf(
    request,
    READ_TOO.map((name) => request[name]),
    ownersMessages,
  )
}

/** All that the model may read, for a bound. */
export function wholePrompt(request: ChatRequest, ownersMessages: number): Prompt {
  const read = Object.entries(request).flatMap(([name, value]) => (NOT_READ.has(name) ? [] : [value]))
  return promptOf(request, read, ownersMessages)
}

/** @param fields those beside the messages that the model may read */
function promptOf(request: ChatRequest, fields: readonly unknown[], ownersMessages: number): Prompt {
  const { messages } = request
  return {
    messages,
    parts: otherParts(request, ownersMessages),
    others: [...fields, ...messages.flatMap(uncounted)],
  }
}

/** The model reads these fields beside the messages, in a form close to their JSON. */
const READ_TOO = ['tools', 'functions', 'response_format', 'prediction'] as const

/**
 * An upstream may have its model read any other field too, so all are reserved but these: numbers, words of
 * the format, and what only the upstream reads. Source: OpenAI's chat completions reference.
 */
const NOT_READ = wordsIn(notRead)

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

/** `countChat` counts the `text` and `refusal` of a part; part-tokens.ts has what isn't text of it. */
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
