/** An unstreamed chat completion: its texts, its usage, and a version without words. */
import { isRecord } from '../../protocol/json.ts'
import type { WholeAnswer } from '../answer-format.ts'
import { indexOf, textsOfChoice, textsOfOther } from './texts.ts'
import { usageIn } from './usage.ts'

export function readWhole(json: unknown): WholeAnswer {
  const usage = usageIn(json)
  const choices: unknown = isRecord(json) ? json.choices : undefined
  const texts = Array.isArray(choices) ? choices.flatMap(textsOfChoice) : textsOfOther(json)
  return { texts, ...(usage && { usage }) }
}

/** Keeps only fields that are known to hold no words. */
export function emptied(json: unknown): Record<string, unknown> {
  const { id, object, created, model, choices, usage, system_fingerprint, service_tier } = isRecord(json)
    ? json
    : {}
  const indexes = Array.isArray(choices) ? choices.map((choice, at) => indexOf(choice) ?? at) : [0]
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
