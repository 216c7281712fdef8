/** The host's own texts, which replace the widget's. */
import { en, type Strings } from './en.ts'

/**
 * @param value an object or its JSON, as given by the host
 * @returns the host's texts by name
 * @throws {TypeError} with the mistake, for the page's author; the widget then uses its own texts
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
