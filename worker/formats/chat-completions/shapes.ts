/**
 * What the members of a chat request must be, wherever they are read here: of the right type, and no longer
 * than a bound. Everything else is the upstream's to check.
 */
import { MAX_LIST_ITEMS, MAX_MODEL_CHARS, MAX_NAME_CHARS } from '../../limits.ts'
import { isRecord } from '../../protocol/json.ts'

export interface Misshapen {
  param: string
  /** What it must be, in words: `a number`. */
  right: string
}

/** @returns where the value isn't what it must be; `undefined`: it is */
export type Shape = (value: unknown, param: string) => Misshapen | undefined

const is =
  (right: string, holds: (value: unknown) => boolean): Shape =>
  (value, param) =>
    holds(value) ? undefined : { param, right }

const text = (most: number) =>
  is(`text of at most ${most} characters`, (it) => typeof it === 'string' && it.length <= most)
const anyText = is('text', (it) => typeof it === 'string')
const name = is(
  `a name of 1 to ${MAX_NAME_CHARS} characters`,
  (it) => typeof it === 'string' && it !== '' && it.length <= MAX_NAME_CHARS,
)
const yesOrNo = is('true or false', (it) => typeof it === 'boolean')
const number = is('a number', (it) => typeof it === 'number')
const wholeNumber = is('a whole number', Number.isSafeInteger)
const anObject = is('an object', isRecord)

const list =
  (item: Shape, most: number = MAX_LIST_ITEMS): Shape =>
  (value, param) => {
    if (!Array.isArray(value) || value.length > most) return { param, right: `a list of at most ${most}` }
    return firstOf(value.entries(), (one, index) => item(one, `${param}[${index}]`))
  }

/** An object with these members, each of which may be missing or `null`; other members are free. */
const object =
  (members: Readonly<Record<string, Shape>>): Shape =>
  (value, param) => {
    if (!isRecord(value)) return anObject(value, param)
    return firstOf(Object.entries(members), (shape, member) =>
      value[member] == null ? undefined : shape(value[member], param === '' ? member : `${param}.${member}`),
    )
  }

/** An object whose members have names of the caller's own. */
const map =
  (value: Shape, most: number, nameChars: number): Shape =>
  (it, param) => {
    const right = `an object of at most ${most} members, with names of at most ${nameChars} characters`
    if (!isRecord(it)) return { param, right }
    const names = Object.keys(it)
    if (names.length > most || names.some(({ length }) => length > nameChars)) return { param, right }
    // The member's name is the caller's, and may be anything.
    return firstOf(Object.entries(it), (one) => value(one, param))
  }

/** @param right what both are together, in words */
const either =
  (right: string, one: Shape, other: Shape): Shape =>
  (value, param) => {
    const wrong = one(value, param) && other(value, param)
    // Of a list with a wrong item, the item is named.
    return wrong && (wrong.param === param ? { param, right } : wrong)
  }

function firstOf<K, V>(entries: Iterable<[K, V]>, check: (value: V, key: K) => Misshapen | undefined) {
  for (const [key, value] of entries) {
    const wrong = check(value, key)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

const named = object({ name })
const call = object({ function: named, custom: named })

const MESSAGE = object({
  content: either('text, or a list of parts', anyText, list(anObject)),
  name,
  tool_calls: list(call),
  function_call: named,
})

/**
 * What is read of every request. `messages` themselves are checked in request.ts, with codes of their own.
 */
export const REQUEST = object({
  model: is(
    `the name of a model, of at most ${MAX_MODEL_CHARS} characters`,
    (it) => typeof it === 'string' && it !== '' && it.length <= MAX_MODEL_CHARS,
  ),
  messages: list(MESSAGE),
  stream: yesOrNo,
  stream_options: object({ include_usage: yesOrNo, include_timing: yesOrNo }),
  tools: list(call),
  functions: list(named),
  response_format: object({ json_schema: named }),
  prediction: object({ content: either('text, or a list of parts', anyText, list(anObject)) }),
})

/**
 * What is read of a visitor's request beside that, whose fields all pass through here. Fields of
 * `VISITOR_FIELDS` that aren't named are the upstream's to check.
 * Source of the bounds: OpenAI's chat completions reference. It has none for the length of a stop sequence.
 */
export const VISITOR_REQUEST = object({
  temperature: number,
  top_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  seed: wholeNumber,
  stop: either('text, or a list of at most 4', text(MAX_NAME_CHARS), list(text(MAX_NAME_CHARS), 4)),
  messages: list(object({ tool_call_id: name })),
  tools: list(anObject, 128),
  functions: list(anObject, 128),
  tool_choice: either('a word or an object', name, object({ function: named, custom: named })),
  function_call: either('a word or an object', name, named),
  parallel_tool_calls: yesOrNo,
  logit_bias: map(number, MAX_LIST_ITEMS, 16),
  logprobs: yesOrNo,
  top_logprobs: wholeNumber,
  metadata: map(text(512), 16, 64),
  modalities: list(name, 8),
  user: text(MAX_NAME_CHARS),
  safety_identifier: text(MAX_NAME_CHARS),
  prompt_cache_key: text(MAX_NAME_CHARS),
  reasoning_effort: name,
  verbosity: name,
  service_tier: name,
  store: yesOrNo,
})
