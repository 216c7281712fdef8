/** Follows what an answer has said, so that its repetitions are told from what is new. */
import type { TextPiece } from '../answer-format.ts'
import type { Spoken } from './spoken.ts'

/** A running text: its parts by their place, and the last place that was reached. */
interface Running {
  parts: Map<number, string>
  last: number
}

/** @returns the pieces of an event's texts */
export type Hear = (spoken: readonly Spoken[]) => TextPiece[]

export function createHear(): Hear {
  const groups = new Map<string, Running>()

  function hear({ text, kind, group, rank, isDelta }: Spoken): TextPiece[] {
    if (text === '') return []
    const running = groups.get(group) ?? { parts: new Map(), last: 0 }
    groups.set(group, running)
    const { parts, last } = running
    const before = parts.get(rank) ?? ''
    const repeats = !isDelta && text === before
    // Of a text that was told in another form, only the first form is shown as the answer.
    const isSaid = isDelta || repeats || before === ''
    const piece = { choice: 0, kind: isSaid ? kind : ('other' as const), key: group, text, repeats }
    if (repeats) return [piece]
    parts.set(rank, isDelta ? before + text : text)
    running.last = Math.max(last, rank)
    if (rank >= last) return [piece]
    // Readers show it before what came last, so it is also judged in that order.
    const inOrder = [...parts].sort(([one], [other]) => one - other).map(([, part]) => part)
    return [piece, { ...piece, kind: 'other', key: `${group} in order`, text: inOrder.join('') }]
  }

  return (spoken) => spoken.flatMap(hear)
}
