/** How long an answer may be: what the caller asks for, and no more than `MAX_OUTPUT_TOKENS` a choice. */
import type { Question } from '../formats/format.ts'

export interface OutputLimit {
  /**
   * What no choice may have more of, to be written into the request; `undefined`: the request is as it should
   * be.
   */
  each: number | undefined
  /** The bound of all choices together; `undefined`: there is none. */
  all: number | undefined
}

/**
 * @param most the limit for a choice; `undefined`: as the caller says
 * @param reserved what is put aside for all choices together where neither says; `undefined`: nothing is
 */
export function limitOutput(
  { choices, outputBounds }: Pick<Question, 'choices' | 'outputBounds'>,
  most: number | undefined,
  reserved?: number,
): OutputLimit {
  if (outputBounds.length === 0) {
    const each = most ?? (reserved && Math.floor(reserved / choices))
    return { each, all: each && each * choices }
  }
  // Given several bounds, only the upstream knows which one it heeds: reckon with the largest.
  const asked = Math.max(...outputBounds)
  if (most === undefined || asked <= most) return { each: undefined, all: asked * choices }
  return { each: most, all: most * choices }
}
