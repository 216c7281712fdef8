/**
 * The form in which a moderated answer is shown: built anew from what is judged and what can hold no words.
 * So nothing passes that the judge has not read: a field beside the text, a member's name, the first of two
 * members with one name, text after a choice's end.
 */

import type { SseEvent } from '../../protocol/event-reader.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import type { AnswerEvent, TextPiece } from '../answer-format.ts'
import { rebuilt } from './harmless.ts'
import { indexOf } from './texts.ts'
import { readWhole } from './whole-answer.ts'

/** Rebuilds the events of one answer, in order. */
export type Judged = (event: AnswerEvent) => AnswerEvent

/** @param model the one that was asked for: naming it says nothing */
export function createJudged(model: string, read: (event: SseEvent) => AnswerEvent): Judged {
  const ended = new Set<number>()
  /** What stood last beside the text, by its place: what stays the same is judged once. */
  const known = new Map([['.model', model]])

  function isKnown(text: string, at: string): boolean {
    const isSame = known.get(at) === text
    known.set(at, text)
    return isSame
  }

  /** Readers would join it to the text before the end, which has been shown. */
  function isOpen(choice: unknown, position: number): boolean {
    const index = indexOf(choice) ?? position
    if (ended.has(index)) return false
    if (isRecord(choice) && choice.finish_reason != null) ended.add(index)
    return true
  }

  function open(value: unknown): unknown {
    if (!isRecord(value) || !Array.isArray(value.choices)) return value
    return { ...value, choices: value.choices.filter(isOpen) }
  }

  return function judged(event) {
    const value = parseJson(event.data)
    // Its text is all of it.
    if (value === undefined) return event
    const { own, beside } = separated(open(value), isKnown)
    const data = JSON.stringify(own)
    const { texts, finished } = read({ data })
    return { ...event, data, finished, texts: [...texts.map(asShown), ...beside] }
  }
}

/** The same for an unstreamed answer. */
export function judgedWhole(json: unknown, model: string): { json: unknown; texts: readonly TextPiece[] } {
  const { own, beside } = separated(json, (text, at) => at === '.model' && text === model)
  return { json: own, texts: [...readWhole(own).texts.map(asShown), ...beside] }
}

/**
 * @param isKnown whether a text need not be judged where it stands
 * @returns the value built anew, and what stands in it beside the answer's own texts
 */
function separated(
  value: unknown,
  isKnown: (text: string, at: string) => boolean,
): { own: unknown; beside: TextPiece[] } {
  const beside: TextPiece[] = []
  const own = rebuilt(value, (text, place, path) => {
    const at = place === 'name' ? `${path}.${text} (name)` : path
    if (place !== 'spoken' && text !== '' && !isKnown(text, at)) {
      // Names of one object are judged as one text too: a word can be cut over them.
      beside.push({ choice: 0, kind: 'other', key: `beside${path}`, text, repeats: false })
    }
    return text
  })
  return { own, beside }
}

/** Content and refusal are shown as one text. */
const asShown = (piece: TextPiece): TextPiece =>
  piece.kind === 'refusal' && piece.key === 'refusal' ? { ...piece, key: 'content' } : piece
