/**
 * The texts of a request that are judged before its answer is shown: all that its body says, in any field,
 * except the owner's own words.
 */
import { isRecord } from '../protocol/json.ts'
import { withSuggestions } from './own-options.ts'
import sharedWords from './question-words.txt'
import { wordsIn } from './words.ts'

/** The words of a format: they say nothing themselves. */
export interface Vocabulary {
  /** The names and values that the format defines. They would part a cut word. */
  words: ReadonlySet<string>
  /** Fields whose values are such words. */
  enumerated: ReadonlySet<string>
  /** Fields of the format whose members are named by the caller. */
  namedByCaller: ReadonlySet<string>
  /** Parts that are a file, by their field or their type; and the fields that hold it or say where it is. */
  files: ReadonlySet<string>
  fileFields: ReadonlySet<string>
}

/**
 * Reads a request as a model may read it. A word can be cut into parts, messages or members of a schema, and
 * a model puts it together again. So there are three readings:
 *
 * - As written, joined by blanks: separate words stay separate.
 * - As written, joined by nothing: the parts of a cut word meet.
 * - Sorted by field, joined by nothing: the descriptions of all parameters follow one another, and so meet
 *   too.
 *
 * Readings that are the same are judged once, and most questions have one. Pictures and sounds have no text.
 *
 * @param said by the name of the field that holds it: what is in the conversation, then the rest
 */
export function questionTexts(said: readonly [field: string, value: unknown][], words: Vocabulary): string[] {
  const all: Piece[] = []
  for (const [field, value] of said) collect(value, field, 'format', all, words)
  const pieces = all.filter(({ text }) => text !== '')
  if (pieces.length === 0) return []
  const written = pieces.map(({ text }) => text)
  const sorted = [...Map.groupBy(pieces, ({ field }) => field).values()].flat().map(({ text }) => text)
  return [...new Set([written.join(' '), written.join(''), sorted.join('')])]
}

/**
 * Whether an item of a conversation is the owner's system prompt, as the Worker has put it there, and nothing
 * else.
 */
export const isOwnersPrompt = (
  item: Readonly<Record<string, unknown>>,
  role: string,
  ownersPrompt: string | undefined,
): boolean =>
  item.content !== undefined &&
  item.role === role &&
  (item.content === ownersPrompt || item.content === withSuggestions(ownersPrompt)) &&
  Object.keys(item).length === 2

/** The words of OpenAI's requests, whichever format they have; among them those of a JSON schema. */
const SHARED_WORDS = wordsIn(sharedWords)

/** @param own a list of the format's words, beside those that all formats have */
export const wordsOf = (own: string): ReadonlySet<string> => new Set([...SHARED_WORDS, ...wordsIn(own)])

interface Piece {
  /** The name of the member that holds the text. What a message says has one name, as text or in parts. */
  field: string
  text: string
}

/**
 * Where a value stands: `named` is directly in a field of `namedByCaller`, `file` in one of `files`, and
 * `unknown` in a field that the format doesn't have.
 */
type Place = 'format' | 'named' | 'file' | 'unknown'

function collect(value: unknown, field: string, place: Place, pieces: Piece[], words: Vocabulary): void {
  const isOwn = (name: string) => (place === 'format' || place === 'file') && words.words.has(name)
  if (typeof value === 'string') {
    if (words.enumerated.has(field) && isOwn(value)) return
    const isFile = place === 'file' && words.fileFields.has(field)
    pieces.push({ field, text: isFile ? textOfFile(value) : value })
  } else if (Array.isArray(value)) {
    for (const one of value) collect(one, field, place, pieces, words)
  } else if (isRecord(value)) {
    const members = Object.entries(value)
    // Some formats have the file in the part itself.
    const inside = place === 'format' && words.files.has(String(value.type)) ? 'file' : place
    // The names of one object stand together: a model can read them as one word.
    for (const [name] of members) if (!isOwn(name)) pieces.push({ field: 'names', text: name })
    for (const [name, member] of members)
      collect(member, fieldOf(name), within(name, inside, words), pieces, words)
  }
}

function within(name: string, place: Place, { words, namedByCaller, files }: Vocabulary): Place {
  if (place === 'named') return 'format'
  if (place === 'unknown' || !words.has(name)) return 'unknown'
  if (namedByCaller.has(name)) return 'named'
  return files.has(name) ? 'file' : place
}

/** What is said is in `content`, as text or in parts. */
const fieldOf = (name: string) => (name === 'text' || name === 'refusal' ? 'content' : name)

/** [spec] RFC 2397; or bare base64, which is long: a short text of its letters may be a word. */
const ENCODED = /^(?:data:[^,]{0,200};base64,|(?=[\w+/-]{64}))([\w+/-]+)=*$/

/** How many characters of base64 show whether a file is text. */
const HEAD_CHARS = 4096

/**
 * @returns the text of a text file, and an address as it is; nothing for pictures, sounds and other binaries
 */
function textOfFile(value: string): string {
  const encoded = ENCODED.exec(value)?.[1]
  if (encoded === undefined) return value
  try {
    return decoded(encoded.slice(0, HEAD_CHARS), true) && decoded(encoded, false)
  } catch {
    // It isn't base64, whatever it looks like.
    return value
  }
}

/**
 * @param isHead whether the text may end inside a character
 * @returns `''` if it isn't text
 * @throws if it isn't base64
 */
function decoded(base64: string, isHead: boolean): string {
  const binary = atob(base64.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
  const text = new TextDecoder().decode(bytes, { stream: isHead })
  return BINARY.test(text) ? '' : text
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: no text has these, and most binaries do
const BINARY = /[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/
