/** An unstreamed answer is judged whole before any of it is shown. */
import { isRecord } from '../formats/chat-completions/read-event.ts'
import type { Judge, Unreachable } from './judge.ts'
import { readSaid } from './said.ts'

export type JudgedWhole =
  /** The answer as it came. */
  | { state: 'passed' }
  /** What is sent in its place. */
  | { state: 'flagged'; categories: readonly string[]; completion: Record<string, unknown> }
  | { state: 'unavailable'; why: string }

/** @param json an unstreamed chat completion, as it came */
export async function judgeWhole(
  json: string,
  { judge, unreachable, signal }: { judge: Judge; unreachable: Unreachable; signal: AbortSignal },
): Promise<JudgedWhole> {
  const texts = new Map<string, string>()
  for (const { choice, key, text } of readSaid({ data: json }).said) {
    const id = `${choice}:${key}`
    texts.set(id, (texts.get(id) ?? '') + text)
  }
  if (texts.size === 0) return { state: 'passed' }
  const verdict = await judge([...texts.values()], { signal, patient: true })
  if (verdict.kind === 'flagged') {
    return { state: 'flagged', categories: verdict.categories, completion: emptied(json) }
  }
  if (verdict.kind === 'unavailable' && unreachable === 'closed') {
    return { state: 'unavailable', why: verdict.why }
  }
  return { state: 'passed' }
}

/** The answer without its words. Only fields that are known to hold none are kept. */
function emptied(json: string): Record<string, unknown> {
  const answer: unknown = JSON.parse(json)
  const { id, object, created, model, choices, usage, system_fingerprint, service_tier } = isRecord(answer)
    ? answer
    : {}
  const indexes = Array.isArray(choices)
    ? choices.map((choice, at) => (isRecord(choice) ? choice.index : at))
    : [0]
  return {
    id,
    object,
    created,
    model,
    choices: indexes.map((index) => ({
      index,
      message: { role: 'assistant', content: '', refusal: null },
      logprobs: null,
      finish_reason: 'content_filter',
    })),
    usage,
    system_fingerprint,
    service_tier,
  }
}
