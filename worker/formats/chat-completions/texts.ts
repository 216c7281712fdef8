/**
 * The texts of a delta, or of an unstreamed message. Counting, limits, timing and moderation all use this
 * one walk. Unknown fields are walked too: text that is not judged would be a way around moderation.
 */
import { isRecord } from '../../protocol/json.ts'
import type { TextPiece } from '../answer-format.ts'
import { NO_TEXT } from './harmless.ts'

type Kind = TextPiece['kind']
type Add = (kind: Kind, key: string, text: string, repeats?: boolean) => void

/**
 * Fields of visible reasoning. If several are present they hold the same text, so only the first with text
 * counts.
 */
const REASONING = ['reasoning_content', 'reasoning', 'reasoning_text', 'reasoning_details', 'thinking']

/** @param choice an element of `choices`, streamed or not */
export function textsOfChoice(choice: unknown, position: number): TextPiece[] {
  const pieces: TextPiece[] = []
  const index = indexOf(choice) ?? position
  const add: Add = (kind, key, text, repeats = false) => {
    if (text !== '') pieces.push({ choice: index, kind, key, text, repeats })
  }
  if (!isRecord(choice)) {
    walk(choice, 'choice', (key, text) => add('other', key, text))
    return pieces
  }
  if ('delta' in choice) addMessage(choice.delta, add)
  // Some upstreams repeat the answer so far beside each delta.
  const beside: Add = 'delta' in choice ? (kind, key, text) => add(kind, `message.${key}`, text, true) : add
  if ('message' in choice) addMessage(choice.message, beside)
  if ('text' in choice) addContent(choice.text, beside)
  // Tokens beside a text repeat that text. Tokens alone announce text to come: half a character is sent this
  // way.
  if (pieces.length === 0) add('other', 'logprobs', tokensOf(choice.logprobs))
  return pieces
}

function addMessage(message: unknown, add: Add): void {
  if (isRecord(message)) addFields(message, add)
  else walk(message, 'delta', (key, text) => add('other', key, text))
}

function addFields(message: Record<string, unknown>, add: Add): void {
  let reasoned = false
  for (const name of REASONING) {
    if (!(name in message)) continue
    const repeats = reasoned
    walk(message[name], name, (key, text) => {
      reasoned = true
      if (repeats) add('reasoning', key, text, true)
      else add('reasoning', 'reasoning', text)
    })
  }
  for (const [name, value] of Object.entries(message)) {
    if (value === null || NO_TEXT.has(name) || REASONING.includes(name)) continue
    if (name === 'content') addContent(value, add)
    else if (name === 'refusal') walk(value, name, (key, text) => add('refusal', key, text))
    else if (name === 'tool_calls') addToolCalls(value, add)
    else if (name === 'function_call') walk(value, name, (key, text) => add('tool', key, text))
    else if (name === 'audio') addAudio(value, add)
    else walk(value, name, (key, text) => add('other', key, text))
  }
}

/** A text, or parts of which some are text. Together they are one running text. */
function addContent(content: unknown, add: Add): void {
  if (typeof content === 'string') add('content', 'content', content)
  else if (Array.isArray(content))
    for (const [position, part] of content.entries()) addPart(part, position, add)
  else walk(content, 'content', (key, text) => add('other', key, text))
}

function addPart(part: unknown, position: number, add: Add): void {
  if (typeof part === 'string') add('content', 'content', part)
  if (!isRecord(part)) return
  for (const [name, value] of Object.entries(part)) {
    if (NO_TEXT.has(name)) continue
    if (name === 'text' && typeof value === 'string') add('content', 'content', value)
    else if (name === 'refusal' && typeof value === 'string') add('refusal', 'refusal', value)
    else if (name === 'thinking') walk(value, name, (_, text) => add('reasoning', 'reasoning', text))
    else walk(value, `content.${position}.${name}`, (key, text) => add('other', key, text))
  }
}

/** The counted fields of a tool call: its name, and its arguments or input. */
const OF_TOOLS = /\.(?:function|custom)\.(?:name|arguments|input)$/

function addToolCalls(calls: unknown, add: Add): void {
  walk(calls, 'tool_calls', (key, text) => add(OF_TOOLS.test(key) ? 'tool' : 'other', key, text))
}

function addAudio(audio: unknown, add: Add): void {
  walk(audio, 'audio', (key, text) => add(key === 'audio.transcript' ? 'transcript' : 'other', key, text))
}

/**
 * Visits all texts of a value. An element is identified by its own `index`, not by its position in the
 * event.
 */
function walk(value: unknown, path: string, visit: (path: string, text: string) => void): void {
  if (typeof value === 'string') {
    if (value !== '') visit(path, value)
  } else if (Array.isArray(value)) {
    for (const [position, one] of value.entries()) walk(one, `${path}.${indexOf(one) ?? position}`, visit)
  } else if (isRecord(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (!NO_TEXT.has(name)) walk(member, `${path}.${name}`, visit)
    }
  }
}

/** All texts of an event that is no chunk, for moderation. */
export function textsOfOther(value: unknown): TextPiece[] {
  const pieces: TextPiece[] = []
  walk(value, 'other', (key, text) => {
    pieces.push({ choice: 0, kind: 'other', key, text, repeats: false })
  })
  return pieces
}

function tokensOf(logprobs: unknown): string {
  if (!isRecord(logprobs)) return ''
  return [logprobs.content, logprobs.refusal]
    .flat()
    .map((one) => (isRecord(one) && typeof one.token === 'string' ? one.token : ''))
    .join('')
}

/** The index of a choice or a tool call. Some upstreams omit it if there is only one. */
export const indexOf = (value: unknown): number | undefined =>
  isRecord(value) && typeof value.index === 'number' ? value.index : undefined
