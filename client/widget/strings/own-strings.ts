/** The host's own texts, which replace the widget's. */
import { atLoad } from './at-load.ts'
import type { Strings } from './en.ts'

/**
 * @param value an object or its JSON, as given by the host
 * @returns the host's texts by name
 * @throws {TypeError} with the mistake, for the page's author; the widget then uses its own texts
 */
export function ownStrings(value: unknown): Partial<Strings> {
  const given = typeof value === 'string' ? parse(value) : (value ?? {})
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError('strings must be an object of texts.')
  }
  for (const [name, text] of Object.entries(given)) {
    if (typeof text !== 'string') throw new TypeError(`strings.${name} must be a text.`)
  }
  return given
}

/** @throws {TypeError} naming the first that the widget doesn't have */
export async function checkNames(own: Partial<Strings>): Promise<void> {
  const others = Object.keys(own).filter((name) => !Object.hasOwn(atLoad, name))
  if (others.length === 0) return
  const { en } = await import('./en.ts')
  const unknown = others.find((name) => !Object.hasOwn(en, name))
  if (unknown !== undefined) throw new TypeError(`strings.${unknown} is not a text that the widget has.`)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new TypeError('The attribute strings must be JSON.', { cause })
  }
}
