/**
 * The layout of a packed rank file, shared by what writes it (scripts/pack-ranks.ts) and what reads it
 * (ranks.ts, char-classes.ts). Little endian. The tokens lie bucket by bucket of their hash, some twelve
 * together: a look-up walks one bucket's lengths and texts, which are three or four cache lines.
 *
 * | section | type | entries                                                                     |
 * |---------|------|-----------------------------------------------------------------------------|
 * | header  | u32  | magic, version, then the fields of `Shape` in order                         |
 * | firsts  | u32  | 2^`bucketBits` + 1: which token is a bucket's first                         |
 * | offsets | u32  | 2^`bucketBits` + 1: where in `text` a bucket's first token starts           |
 * | low     | u16  | `tokens`: the low 16 bits of a token's rank                                 |
 * | high    | u8   | `tokens`: the high bits of a token's rank                                   |
 * | lengths | u8   | `tokens`: how many bytes a token has                                        |
 * | text    | u8   | `text`: the tokens' bytes, one after the other                              |
 * | pages   | u8   | 4,352: for each 256 code points, which page of classes is theirs            |
 * | classes | u8   | 256 × `pages`: the class (char-classes.ts) of each code point of a page     |
 */
export interface RankFile {
  firsts: Uint32Array
  offsets: Uint32Array
  low: Uint16Array
  high: Uint8Array
  lengths: Uint8Array
  text: Uint8Array
  pages: Uint8Array
  classes: Uint8Array
}

export interface Shape {
  tokens: number
  bucketBits: number
  /** Bytes of the longest token. */
  longest: number
  /** Bytes of all tokens. */
  text: number
  /** How many different pages of classes there are. */
  pages: number
  /** Which rules split a text into pre-tokens (`SPLITS` in pre-tokens.ts). */
  split: number
}

export const PAGE = 256
export const PAGES = 0x110000 / PAGE

/** `MLR1` read as a little-endian number; on a big-endian machine it reads otherwise, and is refused. */
const MAGIC = 0x31524c4d
const VERSION = 1
const HEADER_FIELDS = 8

/** Bytes of a whole file. */
function fileBytes({ tokens, bucketBits, text, pages }: Shape): number {
  return 4 * HEADER_FIELDS + 8 * (2 ** bucketBits + 1) + 4 * tokens + text + PAGES + PAGE * pages
}

/** A new file: its header written, its sections all 0. */
export function newFile(shape: Shape): ArrayBuffer {
  const { tokens, bucketBits, longest, text, pages, split } = shape
  const file = new ArrayBuffer(fileBytes(shape))
  new Uint32Array(file, 0, HEADER_FIELDS).set([
    MAGIC,
    VERSION,
    tokens,
    bucketBits,
    longest,
    text,
    pages,
    split,
  ])
  return file
}

/**
 * @throws {TypeError} for a file that is not a rank file of this version, or was cut short: it has to be
 * packed again (scripts/pack-ranks.ts).
 */
export function readShape(file: ArrayBuffer): Shape {
  const header = new Uint32Array(file, 0, Math.min(HEADER_FIELDS, file.byteLength >>> 2))
  const [magic, version, tokens = 0, bucketBits = 0, longest = 0, text = 0, pages = 0, split = 0] = header
  const shape = { tokens, bucketBits, longest, text, pages, split }
  if (magic !== MAGIC || version !== VERSION || file.byteLength !== fileBytes(shape)) {
    throw new TypeError(`Not a rank file of version ${VERSION}: pack it again with scripts/pack-ranks.ts`)
  }
  return shape
}

/** The sections as views over `file`; nothing is copied. */
export function sections(file: ArrayBuffer, { tokens, bucketBits, text, pages }: Shape): RankFile {
  const starts = 2 ** bucketBits + 1
  let at = 4 * HEADER_FIELDS
  function next<View>(
    View: new (file: ArrayBuffer, at: number, length: number) => View,
    length: number,
    bytes = 1,
  ) {
    at += length * bytes
    return new View(file, at - length * bytes, length)
  }
  return {
    firsts: next(Uint32Array, starts, 4),
    offsets: next(Uint32Array, starts, 4),
    low: next(Uint16Array, tokens, 2),
    high: next(Uint8Array, tokens),
    lengths: next(Uint8Array, tokens),
    text: next(Uint8Array, text),
    pages: next(Uint8Array, PAGES),
    classes: next(Uint8Array, PAGE * pages),
  }
}

/** FNV-1a over `bytes[from, to)`, mixed once more because buckets are taken from the low bits alone. */
export function hash(bytes: Uint8Array, from: number, to: number): number {
  let h = 0x811c9dc5
  for (let i = from; i < to; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return (h ^ (h >>> 13)) >>> 0
}
