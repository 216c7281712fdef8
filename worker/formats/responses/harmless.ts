/**
 * What of an answer can hold no words: names and enumerations of the API's own vocabulary, ids by their form,
 * counts. Everything else is text: it is judged before it is shown, and masked if it is withdrawn.
 */
import { isRecord } from '../../protocol/json.ts'
import { ID, MODEL } from '../forms.ts'
import { wordsIn } from '../words.ts'
import answerWords from './answer-words.txt'

/**
 * The words of which the API builds its names: `output_index`, `response.output_text.delta`, `in_progress`.
 * A new name made of them is known without being listed.
 */
const VOCABULARY = wordsIn(answerWords)

const isOfVocabulary = (text: string) => text.split(/[._]/).every((word) => VOCABULARY.has(word))

/** Members whose value is a word of the vocabulary. */
const ENUMERATIONS = new Set([
  ...['type', 'status', 'object', 'role', 'phase', 'reason', 'service_tier', 'tool_choice'],
  ...['background', 'quality', 'output_format'],
])

/** Members with counts, places and times. A number elsewhere can be a code that means a word. */
const COUNT = /(?:^|_)(?:at|index|number|requests|tokens)$/

/**
 * [wire] `gAAAAABoydL8ifhOG-FyLv1L…`: encrypted reasoning, thousands of characters that no client shows.
 * Judging them would use up what moderation takes a minute.
 */
const ENCRYPTED = /^gAAAA[\w-]{64,}={0,2}$/

/** Deeper values are left out: an answer has 8 levels, and a walk of thousands overflows. */
const MAX_LEVELS = 64

/**
 * @param name of the member that holds the text, or of the list around it; '' for a member's own name
 * @returns the text to put there
 */
export type Replace = (text: string, name: string) => string

/** Whether the member is one of the answer's own texts, which `spokenIn` finds. */
type IsSpoken = (holder: object, name: string | number) => boolean

/**
 * Builds a value anew, without log probabilities, which repeat the text, without padding, and without
 * pictures, which can't be judged.
 *
 * @param value parsed JSON, so of two members with one name only the last is left
 */
export function rebuilt(value: unknown, replace: Replace, isSpoken: IsSpoken = () => false): unknown {
  function walk(one: unknown, name: string, level: number): unknown {
    if (typeof one === 'string') return replace(one, name)
    if (typeof one === 'number') return replace(String(one), name) === String(one) ? one : 0
    if (typeof one === 'boolean') return one
    if (level > MAX_LEVELS) return null
    if (Array.isArray(one)) {
      return one.map((it, index) => (isSpoken(one, index) ? it : walk(it, name, level + 1)))
    }
    return isRecord(one) ? members(one, level) : null
  }

  function members(object: Record<string, unknown>, level: number): Record<string, unknown> {
    const own: [string, unknown][] = []
    for (const [name, one] of Object.entries(object)) {
      if (name === 'obfuscation') continue
      const shown = isOfVocabulary(name) ? name : replace(name, '')
      if (name === 'logprobs') own.push([shown, []])
      else if (isPicture(object, name)) own.push([shown, null])
      else if (isSpoken(object, name) || isHarmless(name, one)) own.push([shown, one])
      else own.push([shown, walk(one, name, level + 1)])
    }
    return Object.fromEntries(own)
  }

  return walk(value, '', 0)
}

const isPicture = ({ type }: Record<string, unknown>, name: string) =>
  name === 'partial_image_b64' || (name === 'result' && type === 'image_generation_call')

function isHarmless(name: string, value: unknown): boolean {
  if (typeof value === 'number') return COUNT.test(name) && isOfVocabulary(name)
  if (typeof value !== 'string') return false
  if (ENUMERATIONS.has(name)) return isOfVocabulary(value)
  if (name === 'encrypted_content') return ENCRYPTED.test(value)
  return /(?:^|_)id$/.test(name) ? ID.test(value) : name === 'model' && MODEL.test(value)
}
