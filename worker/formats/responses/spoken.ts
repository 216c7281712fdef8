/**
 * Where an answer's own texts stand in an event. The same text comes up to five times: in deltas, at its own
 * end, in its part, in its item, and in the whole response. All of these are found by this one walk.
 */
import { isRecord } from '../../protocol/json.ts'
import type { TextPiece } from '../answer-format.ts'

export interface Spoken {
  /** The object or list that holds the text, and under which name. */
  holder: object
  name: string | number
  text: string
  kind: TextPiece['kind']
  /** Names the running text that readers see, to which this belongs: all messages are one. */
  group: string
  /** Its place in that text: parts are shown in this order. */
  rank: number
  /** Whether it continues what came before at its place; else it is all of it. */
  isDelta: boolean
}

/** Where an item has a text: the list of its parts, if it has several, and the member of the item or part. */
export interface Place {
  kind: TextPiece['kind']
  list?: 'content' | 'summary'
  member: string
}

/** By the name of the events that carry the text: `response.NAME.delta` and `response.NAME.done`. */
export const PLACES: Readonly<Record<string, Place>> = {
  output_text: { kind: 'content', list: 'content', member: 'text' },
  refusal: { kind: 'refusal', list: 'content', member: 'refusal' },
  reasoning_text: { kind: 'reasoning', list: 'content', member: 'text' },
  reasoning_summary_text: { kind: 'reasoning', list: 'summary', member: 'text' },
  function_call_arguments: { kind: 'tool', member: 'arguments' },
  mcp_call_arguments: { kind: 'tool', member: 'arguments' },
  custom_tool_call_input: { kind: 'tool', member: 'input' },
  code_interpreter_call_code: { kind: 'tool', member: 'code' },
  shell_call_command: { kind: 'tool', member: 'command' },
  'audio.transcript': { kind: 'transcript', member: 'transcript' },
}

/** By the `type` of a part. */
const PARTS: Readonly<Record<string, Place | undefined>> = {
  output_text: PLACES.output_text,
  refusal: PLACES.refusal,
  reasoning_text: PLACES.reasoning_text,
  summary_text: PLACES.reasoning_summary_text,
}

/** @returns `['output_text', 'delta']` for the type `response.output_text.delta` */
export function partedType(type: unknown): readonly [name: string, stage: string] {
  const [, name = '', stage = ''] = /^response\.(.+)\.(\w+)$/.exec(String(type)) ?? []
  return [name, stage]
}

/** @param value an event, or a response that was not streamed */
export function spokenIn(value: unknown): Spoken[] {
  if (!isRecord(value)) return []
  const [name, stage] = partedType(value.type)
  const place = PLACES[name]
  const item = indexIn(value, 'output_index')
  const index = partIndex(value)
  if (place !== undefined) {
    const isDelta = stage === 'delta'
    return at(value, isDelta ? 'delta' : place.member, place, item, index, isDelta)
  }
  const whole = Array.isArray(value.output) ? value : value.response
  if (isRecord(whole) && Array.isArray(whole.output)) return whole.output.flatMap(inItem)
  return [...inPart(value.part, item, index), ...inItem(value.item, item)]
}

/** The position of an event's text among those of its item. */
export const partIndex = (event: Readonly<Record<string, unknown>>): number =>
  indexIn(event, 'content_index') || indexIn(event, 'summary_index') || indexIn(event, 'command_index')

export function indexIn(event: Readonly<Record<string, unknown>>, name: string): number {
  const index = event[name]
  return typeof index === 'number' && index > 0 ? Math.trunc(index) : 0
}

function inItem(item: unknown, index: number): Spoken[] {
  if (!isRecord(item)) return []
  const parts = [item.content, item.summary].flatMap((list) =>
    Array.isArray(list) ? list.flatMap((part, place) => inPart(part, index, place)) : [],
  )
  const inputs = ['arguments', 'input', 'code'].flatMap((member) =>
    at(item, member, { kind: 'tool', member }, index, 0, false),
  )
  const { action } = item
  const commands = isRecord(action) && Array.isArray(action.commands) ? action.commands : []
  const { shell_call_command: command } = PLACES
  const typed = commands.flatMap((_, place) => at(commands, place, command as Place, index, place, false))
  return [...parts, ...inputs, ...typed]
}

function inPart(part: unknown, item: number, index: number): Spoken[] {
  if (!isRecord(part)) return []
  const place = PARTS[String(part.type)]
  return place === undefined ? [] : at(part, place.member, place, item, index, false)
}

function at(
  holder: object,
  name: string | number,
  { kind, list, member }: Place,
  item: number,
  index: number,
  isDelta: boolean,
): Spoken[] {
  const text = (holder as Record<string | number, unknown>)[name]
  if (typeof text !== 'string') return []
  // Each input of a tool is a text of its own. Content and refusals are shown as one.
  const said = kind === 'refusal' ? 'content' : kind
  const group = kind === 'tool' ? `${member} ${item}` : kind === 'reasoning' ? `${kind} ${list}` : said
  return [{ holder, name, text, kind, group, rank: item * MAX_PARTS + index, isDelta }]
}

/** More parts than an item has: then items and their parts are in one order. */
const MAX_PARTS = 1e6
