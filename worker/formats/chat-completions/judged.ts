/**
 * The form in which a moderated answer is shown: each event is built anew from what is judged and what can hold no words.
 * So nothing passes that the judge has not read: a field beside the text, a member's name, the first of two members with
 * one name, text after a choice's end.
 */

import type { SseEvent } from '../../protocol/event-reader.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import type { AnswerEvent, TextPiece } from '../answer-format.ts'
import { rebuilt } from './harmless.ts'
import { indexOf } from './texts.ts'

/** Rebuilds the events of one answer, in order. */
export type Judged = (event: AnswerEvent) => AnswerEvent

/** @param model the one that was asked for: naming it says nothing */
export function createJudged(model: string, read: (event: SseEvent) => AnswerEvent): Judged {
  const ended = new Set<number>()
  /** What stood last beside the text, by its place: what stays the same is judged once. */
  const known = new Map([['.model', model]])

  /** Readers would join it to the text before the end, which has been shown. */
  function isOpen(choice: unknown, position: number): boolean {
    const index = indexOf(choice) ?? position
    if (ended.has(index)) return false
    if (isRecord(choice) && choice.finish_reason != null) ended.add(index)
    return true
  }

  return function judged(event) {
    if (event.kind === 'done') return event
    const value = parseJson(event.data)
    // Its text is all of it.
    if (value === undefined) return event
    const beside: TextPiece[] = []
    const own = rebuilt(open(value), (text, place, path) => {
      const at = place === 'name' ? `${path}.${text} (name)` : path
      if (place !== 'spoken' && text !== '' && known.get(at) !== text) {
        known.set(at, text)
        beside.push({ choice: 0, kind: 'other', key: `beside${at}`, text, repeats: false })
      }
      return text
    })
    // An error that only its event's name told from a chunk needs a member that tells it.
    const isNamed = event.kind === 'error' && !(isRecord(own) && 'error' in own)
    const data = JSON.stringify(isNamed ? { error: own } : own)
    const { texts, finished } = read({ data })
    return { ...event, data, finished, texts: [...texts.map(asShown), ...beside] }
  }

  function open(value: unknown): unknown {
    if (!isRecord(value) || !Array.isArray(value.choices)) return value
    return { ...value, choices: value.choices.filter(isOpen) }
  }
}

/** Content and refusal are shown as one text. */
export const asShown = (piece: TextPiece): TextPiece =>
  piece.kind === 'refusal' && piece.key === 'refusal' ? { ...piece, key: 'content' } : piece
