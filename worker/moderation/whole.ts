/** Judges an unstreamed answer before any of it is shown. */
import type { TextPiece } from '../formats/answer-format.ts'
import type { Judge, Unreachable, Verdict } from './judge.ts'

/** @param texts of the whole answer; pieces of one text are judged as one */
export async function judgeWhole(
  texts: readonly TextPiece[],
  { judge, unreachable, signal }: { judge: Judge; unreachable: Unreachable; signal: AbortSignal },
): Promise<Verdict> {
  const whole = new Map<string, string>()
  for (const { choice, key, text } of texts) {
    const id = `${choice}:${key}`
    whole.set(id, (whole.get(id) ?? '') + text)
  }
  if (whole.size === 0) return { kind: 'passed' }
  const verdict = await judge([...whole.values()], { signal, mayRetry: true })
  return verdict.kind === 'unavailable' && unreachable === 'open' ? { kind: 'passed' } : verdict
}
