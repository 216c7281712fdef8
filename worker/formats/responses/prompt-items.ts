/** What the model reads of a request of the Responses API: instructions, input items, and other fields. */
import { isRecord } from '../../protocol/json.ts'
import type { CountedMessage } from '../../tokens/chat.ts'
import type { PromptPart } from '../../tokens/part-tokens.ts'
import type { PlacedPart, Prompt } from '../prompt.ts'
import { wordsIn } from '../words.ts'
import notRead from './not-read.txt'
import { itemsOf, type Members, type ResponsesRequest, typeOfItem } from './request-items.ts'

/** What the model is known to read, for a count that is shown. */
export function shownPrompt(request: ResponsesRequest, ownersItems: number): Prompt {
  const { tools, text } = request
  return promptOf(request, [tools, isRecord(text) ? text.format : undefined], ownersItems)
}

/** All that the model may read, for a bound. */
export function wholePrompt(request: ResponsesRequest, ownersItems: number): Prompt {
  const read = Object.entries(request).flatMap(([name, value]) => (NOT_READ.has(name) ? [] : [value]))
  return promptOf(request, read, ownersItems)
}

/**
 * An upstream may have its model read any other field too, so all are reserved but these: numbers, words of
 * the format, what only the upstream reads, and what is counted below. Source: OpenAI's reference of the
 * Responses API.
 */
const NOT_READ = wordsIn(notRead)

/** What stands for texts that are stored at the upstream. */
const STORED = ['previous_response_id', 'conversation', 'prompt'] as const

interface Reading {
  messages: CountedMessage[]
  parts: PlacedPart[]
  others: unknown[]
}

/**
 * @param fields those beside the input that the model may read
 * @param ownersItems how many of the owner's own items stand before the caller's
 */
function promptOf(request: ResponsesRequest, fields: readonly unknown[], ownersItems: number): Prompt {
  const reading: Reading = { messages: [], parts: [], others: [...fields] }
  const { instructions } = request
  if (instructions) reading.messages.push({ role: 'developer', content: instructions })
  for (const param of STORED) {
    if (request[param] != null) reading.parts.push({ part: { kind: 'other' }, param })
  }
  for (const [index, item] of itemsOf(request).entries()) {
    readItem(item, `input[${index - ownersItems}]`, reading)
  }
  return reading
}

/**
 * Reads any item as a message: its role, its texts, its call of a tool, and all else that it holds. Its id
 * and status are the upstream's to read.
 */
function readItem(item: Members, param: string, { messages, parts, others }: Reading): void {
  const { type: _, id: _id, status: _status, phase: _phase, role, name, ...held } = item
  const { content, output, summary, arguments: given, input, result, ...rest } = held
  const type = typeOfItem(item)
  if (type === 'item_reference') parts.push({ part: { kind: 'other' }, param })
  // A picture that the model made, in base64 or by its id.
  if (type === 'image_generation_call') {
    parts.push({ part: { kind: 'picture', url: undefined, detail: undefined }, param })
  } else others.push(result)
  const texts: unknown[] = []
  for (const [member, value] of Object.entries({ content, output, summary })) {
    for (const [index, part] of (Array.isArray(value) ? value : [value]).entries()) {
      if (typeof part === 'string') texts.push({ text: part })
      else if (isRecord(part)) {
        const found = readPart(part)
        texts.push(part)
        others.push(...found.others)
        const place = Array.isArray(value) ? `${param}.${member}[${index}]` : `${param}.${member}`
        if (found.part !== undefined) parts.push({ part: found.part, param: place })
      }
    }
  }
  const called = given ?? input
  const isCall = typeof name === 'string' && typeof called === 'string'
  messages.push({
    role: typeof role === 'string' ? role : '',
    content: texts,
    ...(isCall && { tool_calls: [{ function: { name, arguments: called } }] }),
  })
  others.push(...Object.values(rest), ...(isCall ? [] : [name, called]))
}

/** Parts that are text, and members of parts that only the upstream reads. */
const TEXTS = new Set('input_text output_text text summary_text reasoning_text refusal'.split(' '))

/** `countChat` counts the `text` and `refusal` of a part. */
function readPart(part: Members): { part?: PromptPart; others: unknown[] } {
  const { type, text, refusal, ...held } = part
  const others = [text, refusal].filter((value) => typeof value !== 'string')
  const {
    image_url: url,
    detail,
    file_id: _,
    file_url: _url,
    file_data: _data,
    input_audio: sound,
    ...rest
  } = held
  const more = [...others, ...Object.values(rest)]
  if (type === 'input_image' || type === 'computer_screenshot') {
    return { part: { kind: 'picture', url, detail }, others: more }
  }
  if (type === 'input_file') return { part: { kind: 'file' }, others: more }
  if (type === 'input_audio') {
    return { part: { kind: 'sound', data: isRecord(sound) ? sound.data : undefined }, others: more }
  }
  const isKnown = type === undefined || TEXTS.has(String(type))
  return { ...(!isKnown && { part: { kind: 'other' } }), others: [...others, ...Object.values(held)] }
}
