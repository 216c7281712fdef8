/**
 * The texts of a chat request that are judged before its answer is shown: all that its body says, in any
 * field, except the owner's own words.
 */
import { isRecord } from '../../protocol/json.ts'
import type { ChatRequest } from './wire.ts'

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
 * @param ownersPrompt the system prompt that the owner has put before the messages
 */
export function questionTexts(request: ChatRequest, ownersPrompt: string | undefined): string[] {
  const pieces: Piece[] = []
  // The model's name is the Worker's to read, not the model's.
  const { messages, model: _, ...others } = request
  for (const message of messages) {
    if (message.role === 'system' && message.content === ownersPrompt) continue
    collect(message, 'messages', 'format', pieces)
  }
  collect(others, '', 'format', pieces)
  const said = pieces.filter(({ text }) => text !== '')
  if (said.length === 0) return []
  const written = said.map(({ text }) => text)
  const sorted = [...Map.groupBy(said, ({ field }) => field).values()].flat().map(({ text }) => text)
  return [...new Set([written.join(' '), written.join(''), sorted.join('')])]
}

interface Piece {
  /** The name of the member that holds the text. What a message says has one name, as text or in parts. */
  field: string
  text: string
}

/** The names and values that the format defines. They say nothing, and would part a cut word. */
const OF_THE_FORMAT = new Set(
  `stream stream_options include_usage include_obfuscation include_timing temperature top_p presence_penalty
  frequency_penalty stop seed max_tokens max_completion_tokens n user metadata logit_bias logprobs top_logprobs
  reasoning_effort service_tier store verbosity modalities prediction response_format parallel_tool_calls
  tool_choice tools functions function_call prompt_cache_key safety_identifier web_search_options
  role system developer assistant tool content text refusal name audio tool_calls tool_call_id id function
  custom arguments input image_url url detail input_audio data format file file_data file_id filename voice
  type description parameters strict grammar definition syntax json_object json_schema schema object string
  number integer boolean array null properties required items enum additionalProperties default
  auto none minimal low medium high flex priority wav mp3`.split(/\s+/),
)

/** Fields whose values are words of the format. */
const ENUMERATED = new Set(
  'role type detail format modalities reasoning_effort service_tier verbosity tool_choice'.split(' '),
)

/** Fields of the format whose members are named by the caller. */
const NAMED_BY_CALLER = new Set(['properties', 'metadata'])

/** Parts that are a file, and their fields that hold it in base64 or say where it is. */
const FILES = new Set(['image_url', 'input_audio', 'file'])
const FILE_FIELDS = new Set(['image_url', 'url', 'data', 'file_data'])

/**
 * Where a value stands: `named` is directly in a field of `NAMED_BY_CALLER`, `file` in one of `FILES`, and
 * `unknown` in a field that the format doesn't have.
 */
type Place = 'format' | 'named' | 'file' | 'unknown'

function collect(value: unknown, field: string, place: Place, pieces: Piece[]): void {
  const isOwn = (name: string) => (place === 'format' || place === 'file') && OF_THE_FORMAT.has(name)
  if (typeof value === 'string') {
    if (ENUMERATED.has(field) && isOwn(value)) return
    const isFile = place === 'file' && FILE_FIELDS.has(field)
    pieces.push({ field, text: isFile ? textOfFile(value) : value })
  } else if (Array.isArray(value)) {
    for (const one of value) collect(one, field, place, pieces)
  } else if (isRecord(value)) {
    const members = Object.entries(value)
    // The names of one object stand together: a model can read them as one word.
    for (const [name] of members) if (!isOwn(name)) pieces.push({ field: 'names', text: name })
    for (const [name, member] of members) collect(member, fieldOf(name), within(name, place), pieces)
  }
}

function within(name: string, place: Place): Place {
  if (place === 'named') return 'format'
  if (place === 'unknown' || !OF_THE_FORMAT.has(name)) return 'unknown'
  if (NAMED_BY_CALLER.has(name)) return 'named'
  return FILES.has(name) ? 'file' : place
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
