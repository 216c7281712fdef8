/**
 * The routes of OpenAI's API that documents need, over `fetch`: files, vector stores, and the files of a
 * vector store. What fails in passing is tried again.
 *
 * Each route but two may be repeated without harm. Where the answer to `createStore` or `upload` is lost,
 * the object may exist: these two make a single attempt, and their callers wrap them in `attempts`.
 */
import { randomUUID } from 'node:crypto'
import { errorIn, toWireError } from '../../worker/protocol/error-envelope.ts'
import { isRecord, parseJson } from '../../worker/protocol/json.ts'
import { retryAfter } from '../../worker/protocol/retry-after.ts'
import { sleep } from '../../worker/sleep.ts'

/** The most attempts of a request. */
const MAX_ATTEMPTS = 6
const LONGEST_BACKOFF_MS = 20_000
/** A server that asks for a longer pause is not waited for. */
const LONGEST_RETRY_AFTER_MS = 120_000
/** How long an answer may take. */
const DEADLINE_MS = 60_000
/** An upload gets more time, for a line of 100 KB/s. */
const UPLOAD_BYTES_PER_MS = 100
/** The most that the routes of vector stores list at once. */
const PAGE = 100
/** The route of files lists more, because an account can have many. */
const FILES_PAGE = 1000

/** An error that no other file can escape: a wrong key, a missing permission, an empty account. */
export class FatalError extends Error {
  override name = 'FatalError'
}

/** A refusal by the server, or its silence. */
export class RequestError extends Error {
  override name = 'RequestError'
  /** 0: there was no answer. */
  readonly status: number
  /** When the same request may work. `undefined`: never. */
  readonly retryInMs: number | undefined

  constructor(message: string, status: number, retryInMs?: number) {
    super(message)
    this.status = status
    this.retryInMs = retryInMs
  }
}

export interface Store {
  id: string
  name: string
  /** In seconds, by the server's clock. */
  createdAt: number
  expired: boolean
  metadata: Record<string, string>
}

export type Attributes = Record<string, string | number | boolean>

/** A file in a vector store. Its id is that of the account's file. */
export interface StoreFile {
  id: string
  createdAt: number
  status: 'in_progress' | 'completed' | 'cancelled' | 'failed'
  lastError: { code: string; message: string } | undefined
  attributes: Attributes
}

/** A file of the account. */
export interface AccountFile {
  id: string
  filename: string
  bytes: number
  createdAt: number
}

export interface Upload {
  filename: string
  mime: string
  bytes: number
  /** An error that it throws is thrown by `upload`. */
  content: AsyncIterable<Uint8Array>
}

interface Body {
  type: string
  content: string | AsyncIterable<Uint8Array>
  /** How long its answer may take. */
  deadlineMs: number
}

export interface ApiOptions {
  /** With the version and without a slash at its end. */
  baseUrl: string
  apiKey: string
  /** Ends all requests. */
  signal: AbortSignal
  /** The wait before the second attempt, where the server names none. It doubles with each. */
  backoffMs?: number
}

export type Api = ReturnType<typeof createApi>

export function createApi({ baseUrl, apiKey, signal, backoffMs = 500 }: ApiOptions) {
  const { host } = new URL(baseUrl)
  /** Before this time no request leaves: one that met a rate limit makes all others wait, too. */
  let notBefore = 0
  /** How far the server's clock is ahead of this machine's. */
  let aheadMs = 0

  /** @throws {RequestError | FatalError} */
  async function once(
    method: string,
    path: string,
    body: Body | undefined,
    attempt: number,
  ): Promise<unknown> {
    await sleep(notBefore - Date.now(), signal)
    signal.throwIfAborted()
    const content = watched(body?.content)
    let response: Response
    let text: string
    try {
      response = await fetch(`${baseUrl}/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          'user-agent': 'millrace',
          ...(path.startsWith('vector_stores') ? { 'openai-beta': 'assistants=v2' } : {}),
          ...(body === undefined ? {} : { 'content-type': body.type }),
        },
        body: content.body,
        duplex: 'half',
        signal: AbortSignal.any([signal, AbortSignal.timeout(body?.deadlineMs ?? DEADLINE_MS)]),
        // A redirect is not followed: it would carry the key to any host that the server names.
        redirect: 'manual',
      } as unknown as RequestInit)
      text = await response.text()
      const date = Date.parse(response.headers.get('date') ?? '')
      if (!Number.isNaN(date)) aheadMs = date - Date.now()
    } catch (error) {
      signal.throwIfAborted()
      if (content.failure !== undefined) throw content.failure
      throw new RequestError(`no answer from ${host}: ${causeOf(error)}`, 0, backoff(attempt))
    }
    if (response.ok) return parseJson(text)
    const { message, code } = toWireError(errorIn(parseJson(text)), `status ${response.status}`)
    throw refusal(response, message, code, attempt)
  }

  function refusal(response: Response, message: string, code: string | null, attempt: number): Error {
    const { status, headers } = response
    if (status === 401) {
      return new FatalError(`${host} refuses the key (401). Check OPENAI_API_KEY.`)
    }
    if (code === 'insufficient_quota') return new FatalError(`The account has no credit left: ${message}`)
    // A restricted key names the permissions that it lacks.
    if (status === 403) return new FatalError(`${host} refuses access (403): ${message}`)
    const passing = [408, 409, 429].includes(status) || status >= 500
    const asked = retryAfter(headers, Date.now())
    const retries = passing && headers.get('x-should-retry') !== 'false'
    if (!retries || (asked ?? 0) > LONGEST_RETRY_AFTER_MS) {
      return new RequestError(`${message} (${status})`, status)
    }
    const waitMs = asked === undefined ? backoff(attempt) : asked * (1 + Math.random() / 10)
    if (status === 429) notBefore = Math.max(notBefore, Date.now() + waitMs)
    return new RequestError(`${message} (${status})`, status, waitMs)
  }

  const backoff = (attempt: number) =>
    Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2)

  /** Makes a request that may be repeated. */
  async function request(method: string, path: string, value?: unknown): Promise<unknown> {
    const body = value === undefined ? undefined : json(value)
    return attempts(signal, (attempt) => once(method, path, body, attempt))
  }

  async function* pages<T>(path: string, size: number, read: (value: unknown) => T): AsyncGenerator<T> {
    const join = path.includes('?') ? '&' : '?'
    for (let after = ''; ; ) {
      const page = await unlessMissing(request('GET', `${path}${join}limit=${size}${after}`))
      if (page === undefined) {
        throw new FatalError(`${host} has no ${path.replace(/\?.*/, '')} (404). Check OPENAI_BASE_URL.`)
      }
      const data = isRecord(page) && Array.isArray(page.data) ? page.data : unreadable(path)
      yield* data.map(read)
      const last: unknown = data.at(-1)
      if (!isRecord(page) || page.has_more !== true || !isRecord(last)) return
      after = `&after=${encodeURIComponent(String(last.id))}`
    }
  }

  const fileIn = (store: string, file: string) =>
    `vector_stores/${encodeURIComponent(store)}/files/${encodeURIComponent(file)}`

  return {
    host,
    signal,
    /** The time by the server's clock, as far as it is known: that by which files are dated. */
    serverSeconds: () => Math.floor((Date.now() + aheadMs) / 1000),

    stores: () => pages('vector_stores?order=asc', PAGE, toStore),
    store: async (id: string) => {
      const found = await unlessMissing(request('GET', `vector_stores/${encodeURIComponent(id)}`))
      return found === undefined ? undefined : toStore(found)
    },
    createStore: async (name: string, metadata: Store['metadata'], attempt: number) =>
      toStore(await once('POST', 'vector_stores', json({ name, metadata }), attempt)),
    setMetadata: async (store: string, metadata: Store['metadata']) => {
      await request('POST', `vector_stores/${encodeURIComponent(store)}`, { metadata })
    },

    storeFiles: (store: string) =>
      pages(`vector_stores/${encodeURIComponent(store)}/files?order=desc`, PAGE, toStoreFile),
    isIn: async (store: string, file: string) =>
      (await unlessMissing(request('GET', fileIn(store, file)))) !== undefined,
    attach: async (store: string, file: string, attributes: Attributes) => {
      const path = `vector_stores/${encodeURIComponent(store)}/files`
      await request('POST', path, { file_id: file, attributes })
    },
    setAttributes: async (store: string, file: string, attributes: Attributes) => {
      await request('POST', fileIn(store, file), { attributes })
    },
    detach: async (store: string, file: string) => {
      await unlessMissing(request('DELETE', fileIn(store, file)))
    },

    /** The newest first. */
    files: () => pages('files?purpose=assistants&order=desc', FILES_PAGE, toAccountFile),
    upload: async (file: Upload, attempt: number) =>
      toAccountFile(await once('POST', 'files', multipart(file), attempt)),
    /** The server removes the file from all vector stores, too. */
    deleteFile: async (file: string) => {
      await unlessMissing(request('DELETE', `files/${encodeURIComponent(file)}`))
    },
  }
}

/**
 * Tries until it works, and waits between the attempts.
 *
 * @param look called before each further attempt: what it finds is the result
 * @throws the last attempt's error
 */
export async function attempts<T>(
  signal: AbortSignal,
  attempt: (n: number) => Promise<T>,
  look?: () => Promise<T | undefined>,
): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt(n)
    } catch (error) {
      const waitMs = error instanceof RequestError ? error.retryInMs : undefined
      if (waitMs === undefined || n >= MAX_ATTEMPTS) throw error
      await sleep(waitMs, signal)
      signal.throwIfAborted()
    }
    const found = await look?.()
    if (found !== undefined) return found
  }
}

async function unlessMissing(request: Promise<unknown>): Promise<unknown> {
  try {
    return await request
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return undefined
    throw error
  }
}

const json = (value: unknown): Body => ({
  type: 'application/json',
  content: JSON.stringify(value),
  deadlineMs: DEADLINE_MS,
})

/** A form with the file, read while it is sent: `FormData` would need the whole file in memory. */
function multipart({ filename, mime, bytes, content }: Upload): Body {
  const boundary = `millrace-${randomUUID()}`
  // [spec] HTML, multipart/form-data encoding algorithm: how a name is escaped.
  const name = filename.replace(/[\r\n"]/g, encodeURIComponent)
  async function* parts() {
    yield Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
        `Content-Type: ${mime}\r\n\r\n`,
    )
    yield* content
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    content: parts(),
    deadlineMs: DEADLINE_MS + Math.ceil(bytes / UPLOAD_BYTES_PER_MS),
  }
}

/** Keeps why a body failed: `fetch` doesn't always say. (Node's takes any async iterable as a body.) */
function watched(content: Body['content'] | undefined) {
  if (content === undefined || typeof content === 'string')
    return { body: content ?? null, failure: undefined }
  const watch = { body: parts(content), failure: undefined as unknown }
  async function* parts(content: AsyncIterable<Uint8Array>) {
    try {
      yield* content
    } catch (error) {
      watch.failure = error
      throw error
    }
  }
  return watch
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'it took too long'
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return 'code' in cause && cause.message === '' ? String(cause.code) : cause.message
}

function unreadable(what: string): never {
  throw new FatalError(`The answer to ${what} is not OpenAI's. Check OPENAI_BASE_URL.`)
}

function toStore(value: unknown): Store {
  if (!isRecord(value) || typeof value.id !== 'string') unreadable('vector_stores')
  const metadata = isRecord(value.metadata) ? value.metadata : {}
  return {
    id: value.id,
    name: String(value.name ?? ''),
    createdAt: Number(value.created_at),
    expired: value.status === 'expired',
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, String(text)])),
  }
}

function toStoreFile(value: unknown): StoreFile {
  if (!isRecord(value) || typeof value.id !== 'string') unreadable('vector_stores/files')
  const { status, last_error: error, attributes } = value
  return {
    id: value.id,
    createdAt: Number(value.created_at),
    status: status === 'completed' || status === 'cancelled' || status === 'failed' ? status : 'in_progress',
    lastError: isRecord(error) ? { code: String(error.code), message: String(error.message) } : undefined,
    attributes: isRecord(attributes) ? readAttributes(attributes) : {},
  }
}

function readAttributes(values: Record<string, unknown>): Attributes {
  const attributes: Attributes = {}
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      attributes[key] = value
    }
  }
  return attributes
}

function toAccountFile(value: unknown): AccountFile {
  if (!isRecord(value) || typeof value.id !== 'string') unreadable('files')
  return {
    id: value.id,
    filename: String(value.filename),
    bytes: Number(value.bytes),
    createdAt: Number(value.created_at),
  }
}
