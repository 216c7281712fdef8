/**
 * The last words of a stream that was cut off. What was passed on can't be taken back, so an event
 * that stopped in its middle is completed: its open strings, arrays and objects are closed, and
 * the error is put beside them (`{"id":"x","choices":[{"delta":{"content":"half` becomes
 * `…half"}}],"error":{…}}`). So a client gets the half delta and the error, not a JSON parse failure.
 */

import { errorFrame } from '../../protocol/encode.ts'
import type { ErrorEnvelope } from '../../protocol/wire.ts'
import { DONE } from './wire.ts'

/**
 * @param unfinished what came after the last whole event (`Ending.unfinished`)
 * @returns what to send so that the stream ends with the error as an event of its own, or inside the unfinished one
 */
export function completeWithError(unfinished: string, envelope: ErrorEnvelope): string {
  const data = dataOf(unfinished)
  if (data === undefined) return `\n\n${errorFrame(envelope)}`
  const { text, prefix } = data
  if (text === '') return `${prefix}${JSON.stringify(envelope)}\n\n`
  const suffix = closeJson(text, `"error":${JSON.stringify(envelope.error)}`)
  return suffix === undefined ? `\n\n${errorFrame(envelope)}` : `${prefix}${suffix}\n\n`
}

/** Whether the stream stopped between `[DONE]` and its blank line: the answer is whole, its framing isn't. */
export function isUnterminatedDone(unfinished: string): boolean {
  return dataOf(unfinished)?.text.trim() === DONE
}

/**
 * The data of an unfinished event, and what must come before more of it.
 * `undefined` where it has none, and a blank line discards the event.
 */
function dataOf(unfinished: string): { text: string; prefix: string } | undefined {
  const lines = unfinished.split(/\r\n|\n|\r/)
  const last = lines.pop() ?? ''
  const before = lines.filter((line) => isData(line)).map(contentOf)
  // A line of which `data` itself is still incomplete can't be told from an unknown field.
  if (isData(last))
    return { text: [...before, contentOf(last)].join('\n'), prefix: last === 'data' ? ':' : '' }
  if (before.length === 0) return undefined
  // The line feed ends a comment or another field that was cut off; alone it would close the event.
  return { text: before.join('\n'), prefix: last === '' ? 'data:' : '\ndata:' }
}

const isData = (line: string) => line === 'data' || line.startsWith('data:')
const contentOf = (line: string) => line.slice('data:'.length).replace(/^ /, '')

/**
 * What completes `json`, the beginning of an object, to a whole one whose last member is `member`.
 * `undefined` where nothing does: it is no object, or already a whole one.
 */
function closeJson(json: string, member: string): string | undefined {
  if (!json.trimStart().startsWith('{') || isJson(json)) return undefined
  const at = scan(json)
  let suffix = closeToken(at)
  for (const bracket of at.open.slice(1).reverse()) suffix += bracket === '{' ? '}' : ']'
  const opening = at.open.length === 1 && suffix === '' && (at.last === '{' || at.last === ',')
  suffix += `${opening ? '' : ','}${member}}`
  return isJson(json + suffix) ? suffix : undefined
}

/** Where a text of JSON stopped. */
interface Position {
  open: ('{' | '[')[]
  /** The last mark outside strings and words: a bracket, `:`, `,`, or `"` for a closed string. */
  last: string
  /** Inside a string: what of an escape came (`\`, `\u00`), or ''. `undefined` outside. */
  escaped: string | undefined
  /** The current string, or the last one, is a key that has no colon yet. */
  key: boolean
  /** A literal or number in progress. */
  word: string
}

function scan(json: string): Position {
  const at: Position = { open: [], last: '', escaped: undefined, key: false, word: '' }
  for (const char of json) {
    if (at.escaped !== undefined) {
      if (at.escaped !== '') at.escaped = isWholeEscape(at.escaped + char) ? '' : at.escaped + char
      else if (char === '\\') at.escaped = char
      else if (char === '"') {
        at.escaped = undefined
        at.last = char
      }
    } else if (/[\w.+-]/.test(char)) {
      at.word += char
    } else {
      // White space too ends a word, which then stands as a closed value.
      if (at.word !== '') at.last = 'word'
      at.word = ''
      if (char === '"') {
        at.escaped = ''
        at.key = at.open.at(-1) === '{' && (at.last === '{' || at.last === ',')
      } else if (/\S/.test(char)) {
        if (char === '{' || char === '[') at.open.push(char)
        if (char === '}' || char === ']') at.open.pop()
        at.key = false
        at.last = char
      }
    }
  }
  return at
}

/** What ends the token at which the text stopped, so that a bracket may follow. */
function closeToken({ open, last, escaped, key, word }: Position): string {
  const value = key ? ':null' : ''
  if (escaped === '\\') return `\\"${value}`
  if (escaped !== undefined) {
    return `${escaped === '' ? '' : '0'.repeat(UNICODE_ESCAPE - escaped.length)}"${value}`
  }
  if (word !== '') {
    const literal = ['true', 'false', 'null'].find((whole) => whole.startsWith(word))
    return literal?.slice(word.length) ?? (/\d$/.test(word) ? '' : '0')
  }
  if (last === '"') return value
  if (last === ':') return 'null'
  if (last === ',' && open.length > 1) return open.at(-1) === '{' ? '"":null' : 'null'
  return ''
}

/** The length of `\u00e9`; any other escape has two characters. */
const UNICODE_ESCAPE = 6
const isWholeEscape = (text: string) => text[1] !== 'u' || text.length === UNICODE_ESCAPE

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
