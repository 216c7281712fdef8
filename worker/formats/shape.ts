/**
 * What a member of a request must be, wherever it is read here: of the right type, and no longer than a
 * bound. Each format has a table of its own. What isn't read here is the upstream's to check.
 *
 * @example
 *   const REQUEST = object({ model, stream: yesOrNo })
 *   const wrong = misshapen(REQUEST, { stream: 'yes' }) // ApiError: `stream` must be true or false.
 */
import { ApiError } from '../errors.ts'
import { MAX_LIST_ITEMS, MAX_MODEL_CHARS, MAX_NAME_CHARS } from '../limits.ts'
import { isRecord } from '../protocol/json.ts'

interface Misshapen {
  param: string
  /** What it must be, in words: `a number`. */
  right: string
}

/** @returns where the value isn't what it must be; `undefined`: it is */
export type Shape = (value: unknown, param: string) => Misshapen | undefined

export const is =
  (right: string, holds: (value: unknown) => boolean): Shape =>
  (value, param) =>
    holds(value) ? undefined : { param, right }

export const text = (most: number) =>
  is(`text of at most ${most} characters`, (it) => typeof it === 'string' && it.length <= most)
export const anyText = is('text', (it) => typeof it === 'string')
export const name = is(
  `a name of 1 to ${MAX_NAME_CHARS} characters`,
  (it) => typeof it === 'string' && it !== '' && it.length <= MAX_NAME_CHARS,
)
/** The name of a model. */
export const model = is(
  `the name of a model, of at most ${MAX_MODEL_CHARS} characters`,
  (it) => typeof it === 'string' && it !== '' && it.length <= MAX_MODEL_CHARS,
)
export const yesOrNo = is('true or false', (it) => typeof it === 'boolean')
export const number = is('a number', (it) => typeof it === 'number')
export const wholeNumber = is('a whole number', Number.isSafeInteger)
export const anObject = is('an object', isRecord)

export const list =
  (item: Shape, most: number = MAX_LIST_ITEMS): Shape =>
  (value, param) => {
    if (!Array.isArray(value) || value.length > most) return { param, right: `a list of at most ${most}` }
    return firstOf(value.entries(), (one, index) => item(one, `${param}[${index}]`))
  }

/** An object with these members, each of which may be missing or `null`; other members are free. */
export const object =
  (members: Readonly<Record<string, Shape>>): Shape =>
  (value, param) => {
    if (!isRecord(value)) return anObject(value, param)
    return firstOf(Object.entries(members), (shape, member) =>
      value[member] == null ? undefined : shape(value[member], param === '' ? member : `${param}.${member}`),
    )
  }

/** An object whose members have names of the caller's own. */
export const map =
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
export const either =
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

/** @returns the error that names the first member of a wrong shape */
export function misshapen(shape: Shape, request: unknown): ApiError | undefined {
  const wrong = shape(request, '')
  if (wrong === undefined) return undefined
  const { param, right } = wrong
  return new ApiError('invalid_parameter', { message: `\`${param}\` must be ${right}.`, param })
}
