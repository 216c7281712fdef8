/** A response that was not streamed: its texts, its usage, and versions without words. */
import { isRecord, parseJson } from '../../protocol/json.ts'
import type { TextPiece, WholeAnswer } from '../answer-format.ts'
import { rebuilt } from './harmless.ts'
import { createHear } from './heard.ts'
import { createJudge } from './judged.ts'
import { spokenIn } from './spoken.ts'
import { stripped } from './strip.ts'
import { usageIn } from './usage.ts'

export function readWhole(json: unknown): WholeAnswer {
  const usage = usageIn(json)
  return { texts: createHear()(spokenIn(json)), ...(usage && { usage }) }
}

export function judgedWhole(json: unknown, model: string): { json: unknown; texts: readonly TextPiece[] } {
  const { own, beside } = createJudge(model)(json)
  return { json: own, texts: [...readWhole(own).texts, ...beside] }
}

/** Keeps only what can hold no words. */
export function emptied(json: unknown): Record<string, unknown> {
  const ended = { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] }
  const own = rebuilt(stripped({ ...(isRecord(json) ? json : {}), ...ended }), () => '')
  return isRecord(own) ? own : {}
}

const MASK = '█'

/**
 * The journal keeps withdrawn text in this form: its length is unchanged, so later readers withdraw as many
 * characters as those who saw the text.
 */
export function masked(data: string): string {
  const value = parseJson(data)
  return value === undefined ? mask(data) : JSON.stringify(rebuilt(value, mask))
}

const mask = (text: string): string => MASK.repeat(text.length)
