/**
 * Overwrites each character of an event's texts. The journal keeps withdrawn text in this form: its length
 * is unchanged, so later readers withdraw as many characters as those who saw the text.
 */
import { isRecord, parseJson } from '../../protocol/json.ts'
import { DONE } from './wire.ts'

const MASK = '█'

/** The fields of a choice that hold its words. */
const SPEAKING = ['delta', 'message', 'text']

/** Fields without text: names of kinds, ids, and encoded data. */
const NO_TEXT: ReadonlySet<string> = new Set(['role', 'id', 'type', 'format', 'signature', 'data'])

export function masked(data: string): string {
  if (data === DONE) return data
  try {
    return maskedJson(data)
  } catch (error) {
    // Only an event nested thousands of levels deep overflows the walk.
    if (!(error instanceof RangeError)) throw error
    return MASK.repeat(data.length)
  }
}

function maskedJson(data: string): string {
  const value = parseJson(data)
  if (!isRecord(value)) return MASK.repeat(data.length)
  const { choices } = value
  if (!Array.isArray(choices)) return JSON.stringify(withoutWords(value))
  return JSON.stringify({
    ...value,
    ...(value.error != null && { error: withoutWords(value.error) }),
    choices: choices.map(maskChoice),
  })
}

function maskChoice(choice: unknown): unknown {
  if (!isRecord(choice)) return withoutWords(choice)
  const speaking = SPEAKING.filter((name) => name in choice)
  return {
    ...choice,
    ...Object.fromEntries(speaking.map((name) => [name, withoutWords(choice[name])])),
    // The log probabilities repeat the text token by token.
    ...('logprobs' in choice && { logprobs: null }),
  }
}

function withoutWords(value: unknown): unknown {
  if (typeof value === 'string') return MASK.repeat(value.length)
  if (Array.isArray(value)) return value.map(withoutWords)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, NO_TEXT.has(name) ? member : withoutWords(member)]),
  )
}
