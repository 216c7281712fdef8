/**
 * What of an answer can hold no words: known names of members, enumerations, ids by their form, counts.
 * Everything else is text: it is judged before it is shown, and masked if it is withdrawn.
 */
import { isRecord } from '../../protocol/json.ts'
import { ID, MODEL } from '../forms.ts'
import { wordsIn } from '../words.ts'
import answerNames from './answer-names.txt'

/**
 * Where a text was found: among the answer's own texts, in a field beside them, or as an unknown member's
 * name.
 */
export type Place = 'spoken' | 'beside' | 'name'

/** @returns the text to put there */
export type Replace = (text: string, place: Place, path: string) => string

/** Members whose value is one of a few words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  object: ['chat.completion.chunk', 'chat.completion', 'text_completion'],
  role: ['assistant', 'tool', 'user', 'system', 'developer', 'function'],
  type: ['function', 'custom', 'text', 'refusal', 'url_citation', 'reasoning.text', 'reasoning.summary'],
  finish_reason: ['stop', 'length', 'tool_calls', 'function_call', 'content_filter', 'error'],
  service_tier: ['auto', 'default', 'flex', 'priority', 'scale'],
}

const IDS: ReadonlySet<string> = new Set(['id', 'tool_call_id', 'system_fingerprint'])

/** Members with counts. A number elsewhere can be a code that means a word. */
const COUNTS: ReadonlySet<string> = new Set(['usage', 'created', 'index', 'start_index', 'end_index'])

const NAMES = wordsIn(answerNames)

/** The members of a choice that hold the answer's own texts, which texts.ts walks. */
const SPEAKING: ReadonlySet<string> = new Set(['delta', 'message', 'text'])
/** Members inside of them that texts.ts passes over. */
export const NO_TEXT: ReadonlySet<string> = new Set([
  'role',
  'id',
  'type',
  'format',
  'signature',
  'data',
  'index',
])

/**
 * Builds an event's value anew, without log probabilities, which repeat the text, and without padding.
 *
 * @param value parsed JSON, so of two members with one name only the last is left
 */
export function rebuilt(value: unknown, replace: Replace): unknown {
  if (!isRecord(value)) return walk(value, '', 'beside', replace)
  const { obfuscation: _, ...shown } = value
  const { choices } = shown
  if (!Array.isArray(choices)) return members(shown, '', () => 'beside', replace)
  const own = members({ ...shown, choices: null }, '', () => 'beside', replace)
  return { ...own, choices: choices.map((choice) => rebuiltChoice(choice, replace)) }
}

function rebuiltChoice(choice: unknown, replace: Replace): unknown {
  if (!isRecord(choice)) return walk(choice, 'choice', 'spoken', replace)
  const { logprobs, ...others } = choice
  const own = members(others, 'choice', (name) => (SPEAKING.has(name) ? 'spoken' : 'beside'), replace)
  return logprobs === undefined ? own : { ...own, logprobs: null }
}

function walk(value: unknown, path: string, place: Place, replace: Replace): unknown {
  if (typeof value === 'string') return replace(value, place, path)
  if (typeof value === 'number') return isReplaced(String(value), place, path, replace) ? 0 : value
  if (Array.isArray(value)) return value.map((one) => walk(one, path, place, replace))
  if (!isRecord(value)) return value
  return members(value, path, (name) => (NO_TEXT.has(name) ? 'beside' : place), replace)
}

function isReplaced(text: string, place: Place, path: string, replace: Replace): boolean {
  // A number among an answer's texts isn't one of them.
  return replace(text, place === 'spoken' ? 'beside' : place, path) !== text
}

function members(
  object: Readonly<Record<string, unknown>>,
  path: string,
  placeOf: (name: string) => Place,
  replace: Replace,
): Record<string, unknown> {
  const own: [string, unknown][] = []
  for (const [name, value] of Object.entries(object)) {
    const shown = NAMES.has(name) ? name : replace(name, 'name', path)
    own.push([
      shown,
      isHarmless(name, value) ? value : walk(value, `${path}.${name}`, placeOf(name), replace),
    ])
  }
  return Object.fromEntries(own)
}

function isHarmless(name: string, value: unknown): boolean {
  if (typeof value === 'number') return COUNTS.has(name)
  if (name === 'usage') return isCounts(value)
  if (typeof value !== 'string') return false
  if (Object.hasOwn(WORDS, name)) return WORDS[name]?.includes(value) === true
  return IDS.has(name) ? ID.test(value) : name === 'model' && MODEL.test(value)
}

/** Whether it holds nothing but numbers under known names. */
function isCounts(value: unknown): boolean {
  if (typeof value === 'number' || value === null) return true
  return isRecord(value) && Object.entries(value).every(([name, one]) => NAMES.has(name) && isCounts(one))
}
