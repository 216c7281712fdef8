/**
 * The form in which a moderated answer is shown: built anew from what is judged and what can hold no words.
 * A text that comes again where it was judged is not judged again: an answer says each of its texts up to
 * five times.
 */
import type { TextPiece } from '../answer-format.ts'
import { rebuilt } from './harmless.ts'
import { spokenIn } from './spoken.ts'
import { stripped } from './strip.ts'

/** Rebuilds the values of one answer, in order. */
export type Judge = (value: unknown) => { own: unknown; beside: TextPiece[] }

/** @param model the one that was asked for: naming it says nothing */
export function createJudge(model: string): Judge {
  /** What stood beside the answer's own texts, each with the name of its member. */
  const known = new Set([`model ${model}`])

  return function judge(value) {
    const seen = stripped(value)
    const spoken = new Map<object, Set<string | number>>()
    for (const { holder, name } of spokenIn(seen)) {
      spoken.set(holder, (spoken.get(holder) ?? new Set()).add(name))
    }
    // Texts under one name are judged as one text: a word can be cut over them.
    const texts = new Map<string, string>()
    const own = rebuilt(
      seen,
      (text, name) => {
        texts.set(name, (texts.get(name) ?? '') + text)
        return text
      },
      (holder, name) => spoken.get(holder)?.has(name) === true,
    )
    const beside: TextPiece[] = []
    for (const [name, text] of texts) {
      const one = `${name} ${text}`
      if (text === '' || known.has(one)) continue
      known.add(one)
      beside.push({ choice: 0, kind: 'other', key: `beside ${name}`, text, repeats: false })
    }
    return { own, beside }
  }
}
