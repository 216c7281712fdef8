/** Tokens as a number that can be reckoned with, wherever they come from. */
import { MAX_CALL_TOKENS } from '../limits.ts'

/** Whether it is whole tokens, and no more than one call can have. An upstream's count comes from outside, and one bad number would stay in a budget's sum all day. */
export function isTokenCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_CALL_TOKENS
}
