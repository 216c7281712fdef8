/** Validates token counts, from any source. */
import { MAX_CALL_TOKENS } from '../limits.ts'

/**
 * Whether it is a whole number of tokens that one call can have. An upstream's count comes from outside, and
 * one bad number would stay in a budget's sum all day.
 */
export function isTokenCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_CALL_TOKENS
}
