/** Words of the host's own, in place of the widget's. */
import { en, type Strings } from './en.ts'

/**
 * @param value as the host gave it: an object, or its JSON
 * @returns what of it are texts with a name that the widget knows
 * @throws {TypeError} naming what is wrong: whoever wrote it is to see it, and the widget goes on without it
 */
export function ownStrings(value: unknown): Partial<Strings> {
  const given = typeof value === 'string' ? parse(value) : (value ?? {})
  if (typeof given !== 'object' || given === null) throw new TypeError('strings must be an object of texts.')
  for (const [name, text] of Object.entries(given)) {
    if (!Object.hasOwn(en, name)) throw new TypeError(`strings.${name} is not a text that the widget has.`)
    if (typeof text !== 'string') throw new TypeError(`strings.${name} must be a text.`)
  }
  return given
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new TypeError('The attribute strings must be JSON.', { cause })
  }
}
