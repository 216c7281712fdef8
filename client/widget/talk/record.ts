/**
 * A conversation ⇄ the text that is kept of it: a line of JSON for the list, which is read often, then its turns as JSON, which
 * are read once.
 */
import { type Conversation, type Turn, titleOf } from './conversation.ts'
import { fieldsOf, isNumber, readTurns } from './read-turns.ts'

/** A record of any other is none of ours. */
const VERSION = 1

/** Of a conversation's record, its first line aside: a fifth of what a store has room for, and months of talk. */
export const MAX_RECORD_CHARS = 1_000_000

/** A line of the list. */
export interface Heading {
  title: string
  updatedAt: number
}

/** @returns `undefined` where there is nothing to keep, or not even the last question has room */
export function writeRecord(conversation: Conversation): string | undefined {
  const turns = newest(conversation.turns)
  if (turns.length === 0) return undefined
  const heading = { version: VERSION, title: titleOf(conversation), updatedAt: conversation.updatedAt }
  // JSON has no line feed but between its tokens, and `stringify` puts none there.
  return `${JSON.stringify(heading)}\n[${turns.join(',')}]`
}

/** The last turns that have room, each as JSON; of the very last, if need be, without its answer. */
function newest(turns: readonly Turn[]): string[] {
  const kept: string[] = []
  // The brackets.
  let room = MAX_RECORD_CHARS - 2
  for (const turn of turns.toReversed()) {
    let json = JSON.stringify(turn)
    if (json.length > room && kept.length === 0) json = JSON.stringify({ ...turn, answer: '' })
    // And a comma.
    room -= json.length + 1
    if (room < 0) break
    kept.unshift(json)
  }
  return kept
}

export function readHeading(record: string): Heading | undefined {
  const { version, title, updatedAt } = fieldsOf(parse(record.slice(0, endOfHeading(record))))
  if (version !== VERSION || typeof title !== 'string' || !isNumber(updatedAt)) return undefined
  return { title, updatedAt }
}

/** @returns `undefined` where there is no turn in it */
export function readRecord(id: string, record: string): Conversation | undefined {
  const heading = readHeading(record)
  if (!heading) return undefined
  const turns = readTurns(parse(record.slice(endOfHeading(record))))
  return turns.length === 0 ? undefined : { id, turns, updatedAt: heading.updatedAt }
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
