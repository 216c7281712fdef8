/**
 * The beginning of an event that was cut off, and how it is completed: its open strings, arrays and objects
 * are closed, and members are added.
 */

/**
 * @returns the data of an unfinished event, and the prefix that more data needs; `undefined` if it has no
 *   data, so that a blank line discards it
 */
export function dataOf(unfinished: string): { text: string; prefix: string } | undefined {
  const lines = unfinished.split(/\r\n|\n|\r/)
  const last = lines.pop() ?? ''
  const before = lines.filter((line) => isData(line)).map(contentOf)
  // A last line with an incomplete `data` can't be told from an unknown field.
  if (isData(last))
    return { text: [...before, contentOf(last)].join('\n'), prefix: last === 'data' ? ':' : '' }
  if (before.length === 0) return undefined
  // The line feed ends a comment or another field that was cut off. Alone it would close the event.
  return { text: before.join('\n'), prefix: last === '' ? 'data:' : '\ndata:' }
}

/** Whether an unfinished event has a line with a name. */
export const namesEvent = (unfinished: string): boolean => /(?:^|[\r\n])event/.test(unfinished)

const isData = (line: string) => line === 'data' || line.startsWith('data:')
const contentOf = (line: string) => line.slice('data:'.length).replace(/^ /, '')

/**
 * @returns the text that completes `json`, the beginning of an object, with `members` as its last members;
 *   `undefined` if none can: it is no object, or already whole
 */
export function closeJson(json: string, members: string): string | undefined {
  if (!json.trimStart().startsWith('{') || isJson(json)) return undefined
  const at = scan(json)
  let suffix = closeToken(at)
  for (const bracket of at.open.slice(1).reverse()) suffix += bracket === '{' ? '}' : ']'
  const opening = at.open.length === 1 && suffix === '' && (at.last === '{' || at.last === ',')
  suffix += `${opening ? '' : ','}${members}}`
  return isJson(json + suffix) ? suffix : undefined
}

/** The place in a JSON text at which it stopped. */
interface Position {
  open: ('{' | '[')[]
  /** The last mark outside strings and words: a bracket, `:`, `,`, or `"` for a closed string. */
  last: string
  /** Inside a string: the characters of an unfinished escape (`\`, `\u00`), or ''. `undefined` outside. */
  escaped: string | undefined
  /** Whether the current or last string is a key without its colon. */
  key: boolean
  /** An unfinished literal or number. */
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
      // White space also ends a word, which then counts as a closed value.
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

/** @returns the text that ends the current token, so that a bracket may follow */
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

/** The length of `\u00e9`. Any other escape has two characters. */
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
