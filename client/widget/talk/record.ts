/**
 * Converts between a conversation and its stored text: a line of JSON for the list, which is read often, then
 * the turns as JSON, which are read once.
 */
import { type Conversation, firstTitle, passedTurn, type Turn, titleOf } from './conversation.ts'
import { fieldsOf, isNumber, readTurns } from './read-turns.ts'

/** Records of another version are ignored. */
const VERSION = 1

/** Limit for the turns of a record: a fifth of a store's space, and months of conversation. */
export const MAX_RECORD_CHARS = 1_000_000

/** The list's data about a conversation. */
export interface RecordHeading {
  title: string
  updatedAt: number
}

/** @returns `undefined` if there are no turns, or if not even the last question fits */
export function writeRecord(conversation: Conversation): string | undefined {
  const turns = newest(conversation.turns)
  if (turns.length === 0) return undefined
  const heading = { version: VERSION, title: titleOf(conversation), updatedAt: conversation.updatedAt }
  // `stringify` writes no line feeds.
  return `${JSON.stringify(heading)}\n[${turns.join(',')}]`
}

/** The last turns that fit, as JSON. If necessary, the very last one is stored without its answer. */
function newest(turns: readonly Turn[]): string[] {
  const kept: string[] = []
  // Minus the brackets.
  let room = MAX_RECORD_CHARS - 2
  for (const turn of turns.map(passedTurn).toReversed()) {
    let json = JSON.stringify(turn)
    if (json.length > room && kept.length === 0) json = JSON.stringify({ ...turn, answer: '' })
    // Plus a comma.
    room -= json.length + 1
    if (room < 0) break
    kept.unshift(json)
  }
  return kept
}

export function readHeading(record: string): RecordHeading | undefined {
  const { version, title, updatedAt } = fieldsOf(parse(record.slice(0, endOfHeading(record))))
  if (version !== VERSION || typeof title !== 'string' || !isNumber(updatedAt)) return undefined
  return { title, updatedAt }
}

/** @returns `undefined` if the record has no turn */
export function readRecord(id: string, record: string): Conversation | undefined {
  const heading = readHeading(record)
  if (!heading) return undefined
  const { title, updatedAt } = heading
  const turns = readTurns(parse(record.slice(endOfHeading(record))))
  if (turns.length === 0) return undefined
  return { id, turns, ...(title !== firstTitle(turns) && { title }), updatedAt }
}

function endOfHeading(record: string): number {
  const end = record.indexOf('\n')
  return end < 0 ? record.length : end
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
