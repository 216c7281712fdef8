/** A JSON object with some of its members changed, and every other character as it was written. */
import { repeatsName } from './json-shape.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * Puts new members at the end. Where a member changes or goes, the object is written anew, with its numbers
 * as they were written: those beyond a double's precision stay what they are.
 *
 * @param text a JSON object that isn't too deep
 * @param read what it says
 * @param wanted what it should say
 * @example
 *   rewrite('{ "a": 1.0 }', { a: 1 }, { a: 1, b: 2 }) // '{ "a": 1.0 ,"b":2}'
 */
export function rewrite(text: string, read: Members, wanted: Members): string {
  const changed = Object.entries(wanted).filter(([name, value]) => read[name] !== value)
  const inPlace =
    Object.keys(read).some((name) => !Object.hasOwn(wanted, name)) ||
    changed.some(([name]) => Object.hasOwn(read, name))
  // Of two members with one name the upstream may take the other one than was read here.
  if (inPlace || repeatsName(text)) {
    const written = Object.entries(parse(text, asWritten) as Members)
    const kept = written.filter(([name]) => Object.hasOwn(wanted, name))
    return JSON.stringify(Object.fromEntries([...kept, ...changed]))
  }
  if (changed.length === 0) return text
  const members = changed.map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
  return `${text.slice(0, text.lastIndexOf('}'))}${members.join('')}}`
}

const asWritten: Reviver = (_, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source ? rawJson(source) : value

// [spec] ECMA-262, "JSON.parse source text access": in V8, not yet in TypeScript's libraries.
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
const parse = JSON.parse as (json: string, reviver: Reviver) => unknown
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }
