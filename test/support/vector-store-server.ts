/**
 * OpenAI's files and vector stores over real HTTP, on 127.0.0.1, with their bounds, and with faults on command.
 *
 * @example
 *   const server = await startVectorStores()
 *   server.fault = (n) => (n === 3 ? 'lose' : undefined)
 *   …requests to `server.baseUrl`…
 *   server.documents('vs_1') // path → content
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'

export interface AccountFile {
  id: string
  object: 'file'
  filename: string
  bytes: number
  created_at: number
  purpose: string
  content: string
}

export interface StoredFile {
  id: string
  object: 'vector_store.file'
  created_at: number
  status: 'in_progress' | 'completed' | 'failed' | 'cancelled'
  last_error: { code: string; message: string } | null
  attributes: Record<string, unknown>
}

export interface StoredStore {
  id: string
  object: 'vector_store'
  name: string
  created_at: number
  status: string
  metadata: Record<string, string>
}

/**
 * What happens to a request: `drop` resets the connection before anything is done, `lose` after it is done,
 * `cut` in the middle of the request's body; an answer takes its place.
 */
export type Fault =
  | 'drop'
  | 'lose'
  | 'cut'
  | { status: number; headers?: Record<string, string>; code?: string }

export interface Asked {
  method: string
  path: string
  /** `performance.now()`. */
  at: number
}

export interface VectorStores {
  readonly baseUrl: string
  readonly files: Map<string, AccountFile>
  readonly stores: Map<string, StoredStore>
  readonly storeFiles: Map<string, Map<string, StoredFile>>
  /** All requests, in the order of their arrival. */
  readonly asked: Asked[]
  /** Called with the number of each request, the first being 1. */
  fault: (n: number, asked: Asked) => Fault | undefined
  /** Why the processing of this file fails. */
  failing: (file: AccountFile) => StoredFile['last_error']
  /** Called after each change. */
  onChange: () => void
  /** The content of the completed files of a store that have a path, by it; two of one path are an error. */
  documents(store: string): Record<string, string>
  addFile(filename: string, content: string): AccountFile
  addStore(name: string, metadata?: Record<string, string>): StoredStore
  attach(store: string, file: string, attributes?: Record<string, unknown>): StoredFile
  /** @returns what brings back everything as it is now, faults aside */
  save(): () => void
  /** Resolves when no request is being handled. */
  idle(): Promise<void>
  stop(): Promise<void>
}

class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export const KEY = 'sk-documents'
const EXTENSIONS = ['md', 'html', 'txt', 'pdf']

export async function startVectorStores(): Promise<VectorStores> {
  let ids = 0
  let busy = 0
  const now = () => Math.floor(Date.now() / 1000)

  const http = createServer((incoming, response) => {
    busy++
    serve(incoming, response)
      .catch(() => response.destroy())
      .finally(() => busy--)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')

  const server: VectorStores = {
    baseUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    files: new Map(),
    stores: new Map(),
    storeFiles: new Map(),
    asked: [],
    fault: () => undefined,
    failing: () => null,
    onChange: () => {},
    documents(store) {
      const found: Record<string, string> = {}
      for (const { id, status, attributes } of server.storeFiles.get(store)?.values() ?? []) {
        const { path } = attributes
        if (status !== 'completed' || typeof path !== 'string') continue
        if (path in found) throw new Error(`${path} is there twice.`)
        found[path] = server.files.get(id)?.content ?? '(gone)'
      }
      return found
    },
    addFile(filename, content) {
      const id = `file-${++ids}`
      const bytes = Buffer.byteLength(content)
      const file: AccountFile = {
        id,
        object: 'file',
        filename,
        bytes,
        created_at: now(),
        purpose: 'assistants',
        content,
      }
      server.files.set(id, file)
      return file
    },
    addStore(name, metadata = {}) {
      const id = `vs_${++ids}`
      const store: StoredStore = {
        id,
        object: 'vector_store',
        name,
        created_at: now(),
        status: 'completed',
        metadata,
      }
      server.stores.set(id, store)
      server.storeFiles.set(id, new Map())
      return store
    },
    attach(store, file, attributes = {}) {
      const files = server.storeFiles.get(store)
      const known = server.files.get(file)
      if (files === undefined || known === undefined) throw new Refused(404, 'No such file.')
      const stored = files.get(file) ?? {
        id: file,
        object: 'vector_store.file',
        created_at: now(),
        status: 'in_progress',
        last_error: null,
        attributes,
      }
      files.set(file, stored)
      return stored
    },
    save() {
      const saved = structuredClone({
        files: [...server.files],
        stores: [...server.stores],
        storeFiles: [...server.storeFiles],
      })
      return () => {
        const { files, stores, storeFiles } = structuredClone(saved)
        refill(server.files, files)
        refill(server.stores, stores)
        refill(server.storeFiles, storeFiles)
        server.asked.length = 0
        server.fault = () => undefined
      }
    },
    async idle() {
      while (busy > 0) await setImmediate()
    },
    async stop() {
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = { method: incoming.method ?? '', path: incoming.url ?? '', at: performance.now() }
    const n = server.asked.push(asked)
    const fault = server.fault(n, asked)
    const reset = () => void incoming.socket.resetAndDestroy()
    if (fault === 'drop') return reset()
    if (fault === 'cut' && asked.method === 'POST') return void incoming.once('data', reset)
    const body = Buffer.concat(await incoming.toArray())
    if (typeof fault === 'object') {
      const error = {
        message: `Status ${fault.status}.`,
        type: 'test',
        param: null,
        code: fault.code ?? null,
      }
      answer(response, fault.status, { error }, fault.headers)
      return
    }
    const [status, value] = await handled(incoming, asked, body)
    if (fault === 'lose' || fault === 'cut') reset()
    else answer(response, status, value)
  }

  async function handled(incoming: IncomingMessage, asked: Asked, body: Buffer): Promise<[number, unknown]> {
    try {
      if (incoming.headers.authorization !== `Bearer ${KEY}`) {
        throw new Refused(401, `Incorrect API key provided: ${incoming.headers.authorization}.`)
      }
      const value = await route(incoming, asked, body)
      if (asked.method !== 'GET') server.onChange()
      return [200, value]
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return [error.status, { error: { message: error.message, type: 'test', param: null, code: null } }]
    }
  }

  async function route(incoming: IncomingMessage, { method, path }: Asked, body: Buffer): Promise<unknown> {
    const url = new URL(path, 'http://localhost')
    const parts = url.pathname.split('/').slice(2).map(decodeURIComponent)
    const [kind, id = '', below, file = ''] = parts
    const as = `${method} ${kind}${below ? `/${below}` : ''} ${parts.length}`
    const json = () => JSON.parse(body.toString())
    switch (as) {
      case 'GET files 1':
        return page([...server.files.values()].map(shown), url, 10_000)
      case 'POST files 1':
        return shown(await upload(incoming, body))
      case 'DELETE files 2':
        if (!server.files.delete(id)) throw new Refused(404, `No such File object: ${id}`)
        for (const files of server.storeFiles.values()) files.delete(id)
        return { id, object: 'file', deleted: true }
      case 'GET vector_stores 1':
        return page([...server.stores.values()], url, 100)
      case 'POST vector_stores 1': {
        const { name, metadata } = json()
        return server.addStore(name, bounded(metadata, 'metadata'))
      }
    }
    const store = server.stores.get(id)
    const files = server.storeFiles.get(id)
    if (store === undefined || files === undefined) throw new Refused(404, `Vector store ${id} not found.`)
    switch (as) {
      case 'GET vector_stores 2':
        return store
      case 'POST vector_stores 2':
        store.metadata = bounded(json().metadata, 'metadata')
        return store
      case 'GET vector_stores/files 3': {
        const list = page([...files.values()], url, 100)
        const data = list.data.map((one) => ({ ...one }))
        // Whoever looks again finds it processed.
        for (const one of list.data) process(one)
        return { ...list, data }
      }
      case 'POST vector_stores/files 3': {
        const { file_id, attributes } = json()
        return server.attach(id, file_id, bounded(attributes, 'attributes'))
      }
    }
    const stored = files.get(file)
    if (stored === undefined) throw new Refused(404, `No file found with id '${file}'.`)
    switch (as) {
      case 'GET vector_stores/files 4':
        return stored
      case 'POST vector_stores/files 4':
        stored.attributes = bounded(json().attributes, 'attributes')
        return stored
      case 'DELETE vector_stores/files 4':
        files.delete(file)
        return { id: file, object: 'vector_store.file.deleted', deleted: true }
    }
    throw new Refused(404, `No ${as}.`)
  }

  async function upload(incoming: IncomingMessage, body: Buffer): Promise<AccountFile> {
    const headers = { 'content-type': String(incoming.headers['content-type']) }
    const form = await new Response(new Uint8Array(body), { headers }).formData()
    const file = form.get('file')
    if (!(file instanceof File) || form.get('purpose') !== 'assistants') throw new Refused(400, 'No file.')
    const extension = file.name.split('.').at(-1) ?? ''
    if (!EXTENSIONS.includes(extension)) throw new Refused(400, `Invalid extension ${extension}.`)
    return server.addFile(file.name, await file.text())
  }

  function process(stored: StoredFile): void {
    if (stored.status !== 'in_progress') return
    const file = server.files.get(stored.id)
    if (file === undefined) return
    stored.last_error = server.failing(file)
    stored.status = stored.last_error === null ? 'completed' : 'failed'
    server.onChange()
  }

  return server
}

function refill<T>(map: Map<string, T>, entries: [string, T][]): void {
  map.clear()
  for (const [key, value] of entries) map.set(key, value)
}

const shown = ({ content: _, ...file }: AccountFile) => file

function answer(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}

function page<T extends { id: string }>(all: T[], url: URL, most: number) {
  const limit = Number(url.searchParams.get('limit') ?? 20)
  if (limit < 1 || limit > most) throw new Refused(400, `limit must be from 1 to ${most}.`)
  const ordered = url.searchParams.get('order') === 'asc' ? all : all.toReversed()
  const after = url.searchParams.get('after')
  const from = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1
  const data = ordered.slice(from, from + limit)
  return { object: 'list', data, has_more: from + limit < ordered.length }
}

/** OpenAI's bounds of metadata and attributes. */
function bounded<T extends Record<string, unknown>>(values: T | undefined, name: string): T {
  const entries = Object.entries(values ?? {})
  const wrong = entries.some(([key, value]) => key.length > 64 || String(value).length > 512)
  if (entries.length > 16 || wrong) throw new Refused(400, `${name} is out of bounds.`)
  return { ...values } as T
}
