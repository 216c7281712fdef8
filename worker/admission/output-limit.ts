/** How long an answer may be: what the caller asks for, and no more than `MAX_OUTPUT_TOKENS` a choice. */
import type { Question } from '../formats/format.ts'

export interface OutputLimit {
  /** The bound of each choice, to be written into the request; `undefined`: the request stays as it is. */
  each: number | undefined
  /** The bound of all choices together; `undefined`: there is none. */
  all: number | undefined
}

/**
 * @param most the limit for a choice; `undefined`: as the caller says
 * @param reserved what is put aside for all choices together where neither says; `undefined`: nothing is
 */
export function limitOutput(
  {
    choices,
    outputBounds,
    leastOutputBound = 1,
  }: Pick<Question, 'choices' | 'outputBounds' | 'leastOutputBound'>,
  most: number | undefined,
  reserved?: number,
): OutputLimit {
  if (most === undefined && reserved === undefined) {
    // The request goes on as it came, and only the upstream knows which of several bounds it heeds.
    return {
      each: undefined,
      all: outputBounds.length === 0 ? undefined : Math.max(...outputBounds) * choices,
    }
  }
  const share = Math.floor((reserved ?? Number.POSITIVE_INFINITY) / choices)
  const asked =
    outputBounds.length === 0 ? Math.max(leastOutputBound, most ?? share) : Math.min(...outputBounds)
  // A bound that the upstream refuses would end every call. A caller's own is the upstream's to refuse.
  const limit = Math.max(leastOutputBound, most ?? Number.POSITIVE_INFINITY)
  const each = Math.min(asked, limit)
  return { each, all: each * choices }
}
