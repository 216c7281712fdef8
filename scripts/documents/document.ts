/** A file of the folder as it will be uploaded: what it is called, what it says of itself, its hash. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { extname } from 'node:path'

/** OpenAI's bounds of a file. */
const MAX_BYTES = 512 * 1024 * 1024
const MAX_TOKENS = 5_000_000
/** OpenAI's bound of an attribute. */
const MAX_PATH = 512
/** Where a page's title and address are looked for. */
const HEAD_CHARS = 64 * 1024

export interface Document {
  /** From the folder, with `/`, in Unicode's composed form (macOS may store another). */
  path: string
  /** Names the file in citations. */
  filename: string
  /** Where it is on this machine. */
  file: string
  bytes: number
  sha256: string
  mime: string
  kind: Kind
  /** The beginning of a text. */
  head: string
}

export type Kind = 'markdown' | 'html' | 'text' | 'pdf'

interface Type {
  kind: Kind
  mime: string
  /** OpenAI takes no other spelling, and no capitals. */
  extension: string
}

const MARKDOWN: Type = { kind: 'markdown', mime: 'text/markdown', extension: '.md' }
const HTML: Type = { kind: 'html', mime: 'text/html', extension: '.html' }
const TYPES: Record<string, Type> = {
  '.md': MARKDOWN,
  '.markdown': MARKDOWN,
  '.mdx': MARKDOWN,
  '.html': HTML,
  '.htm': HTML,
  '.txt': { kind: 'text', mime: 'text/plain', extension: '.txt' },
  '.pdf': { kind: 'pdf', mime: 'application/pdf', extension: '.pdf' },
}

/** Why a file can't be a document. The message completes a sentence that begins with its path. */
export class UnfitError extends Error {
  override name = 'UnfitError'
}

export const isDocument = (path: string) => typeOf(path) !== undefined

/**
 * @param file where it is on this machine
 * @throws {UnfitError} if OpenAI would refuse it
 */
export async function readDocument(file: string, path: string): Promise<Document> {
  const type = typeOf(path)
  if (type === undefined) throw new UnfitError(`has a type that is not supported (${extname(path)})`)
  if (path.length > MAX_PATH) throw new UnfitError(`has a path of more than ${MAX_PATH} characters`)
  const { size: bytes } = await stat(file)
  if (bytes === 0) throw new UnfitError('is empty')
  if (bytes > MAX_BYTES) throw new UnfitError('is larger than 512 MB, the most that OpenAI takes')
  const { kind, mime, extension } = type
  const { sha256, head } = kind === 'pdf' ? await readPdf(file) : await readText(file)
  // HTML is counted by OpenAI without its tags. A token has at least one byte, so few texts need a count.
  if (kind !== 'pdf' && kind !== 'html' && bytes > MAX_TOKENS) await checkTokens(file)
  const filename = path.slice(0, -extname(path).length) + extension
  return { path, filename, file, bytes, sha256, mime, kind, head }
}

/**
 * The content once more, for its upload.
 *
 * @throws {UnfitError} before its end, if it is not what was hashed
 */
export async function* contentOf({ file, sha256 }: Document): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(file)) {
    hash.update(bytes)
    yield bytes
  }
  if (hash.digest('hex') !== sha256) {
    throw new UnfitError('changed while it was uploaded; run the command again')
  }
}

const typeOf = (path: string): Type | undefined => TYPES[extname(path).toLowerCase()]

async function readPdf(file: string): Promise<{ sha256: string; head: string }> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(file)) hash.update(bytes)
  // Readers accept the mark anywhere in the first 1,024 bytes.
  if (!(await startOf(file, 1024)).includes('%PDF-'))
    throw new UnfitError('is no PDF, though its name says so')
  return { sha256: hash.digest('hex'), head: '' }
}

async function readText(file: string): Promise<{ sha256: string; head: string }> {
  const hash = createHash('sha256')
  const decoder = new TextDecoder(await encodingOf(file), { fatal: true })
  let head = ''
  let hasWords = false
  try {
    for await (const bytes of createReadStream(file)) {
      hash.update(bytes)
      const text = decoder.decode(bytes, { stream: true })
      if (head.length < HEAD_CHARS) head += text.slice(0, HEAD_CHARS - head.length)
      hasWords ||= /\S/.test(text)
    }
    decoder.decode()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UnfitError('is not in UTF-8 or UTF-16, which OpenAI needs')
  }
  if (!hasWords) throw new UnfitError('is empty')
  return { sha256: hash.digest('hex'), head }
}

/** UTF-16 is known by its byte order mark. */
async function encodingOf(file: string): Promise<string> {
  const [first, second] = await startOf(file, 2)
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

async function startOf(path: string, length: number): Promise<Buffer> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
  return buffer.subarray(0, bytesRead)
}

async function checkTokens(file: string): Promise<void> {
  const [{ packRanks }, { openRanks }, { createCounter }] = await Promise.all([
    import('../pack-ranks.ts'),
    import('../../worker/tokens/ranks.ts'),
    import('../../worker/tokens/counter.ts'),
  ])
  // The encoding of OpenAI's embedding models.
  const count = createCounter(openRanks(packRanks('cl100k_base'))).incremental()
  const decoder = new TextDecoder(await encodingOf(file))
  for await (const bytes of createReadStream(file)) {
    count.push(decoder.decode(bytes, { stream: true }))
    if (count.committed > MAX_TOKENS) {
      throw new UnfitError('has more than 5,000,000 tokens, the most that OpenAI takes; split it')
    }
  }
}
