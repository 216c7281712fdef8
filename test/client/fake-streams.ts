/** The Worker's durable streams behind `fetch`: one stream, whose connections end as they are told to. */
import type { ChatChunk } from '../../worker/formats/chat-completions/wire.ts'
import { bytes, chunk } from './bodies.ts'

/** What becomes of a request; `whole` is what becomes of all that were told nothing. */
export type Fate =
  | 'whole'
  /** Its answer breaks off after so many bytes. `resent`: it begins so many events too early. */
  | { bytes: number; ends: 'reset' | 'close' | 'silence'; resent?: number }
  /** There is no answer. `late`: the server had the request all the same. */
  | 'lost'
  | 'late'
  /** There is none yet, until the request is given up. */
  | 'hangs'
  | { status: number; headers?: Record<string, string>; code?: string }

export const URL = '/v1/streams'
export const ID = 'str_1'

/** The events' data of an answer that says these words. */
export function datasOf(words: string[], state: 'done' | 'stopped' = 'done'): string[] {
  const last = { ...chunk(''), choices: [], millrace: { state, usage_source: 'upstream' } }
  return [...words.map((word) => JSON.stringify(chunk(word))), JSON.stringify(last), '[DONE]']
}

/** Numbered as the Worker does it. */
export function eventsOf(datas: string[]): string[] {
  return datas.map((data, i) => `id: ${i + 1}\ndata: ${data}\n\n`)
}

export const textOf = ({ choices }: ChatChunk) => choices[0]?.delta.content ?? ''

/**
 * @param events the stream's, from the first to the last
 * @param fates of the requests, in their order
 * @param now the clock by which they are noted
 * @param more headers of its answers
 */
export function fakeStreams(
  events: string[],
  fates: Fate[] = [],
  now: () => number = () => 0,
  more: Record<string, string> = {},
) {
  const left = [...fates]
  /** What was asked, such as `POST /v1/streams`, with the cursor where there is one. */
  const requests: string[] = []
  const sent: { at: number; headers: Headers; body: string }[] = []
  /** The questions that the server has, by their keys. */
  const questions = new Map<string, string>()
  let open = 0

  function answer(after: number, fate: Fate, signal: AbortSignal | null | undefined) {
    const broken = typeof fate === 'object' && 'bytes' in fate ? fate : undefined
    const rest = bytes(events.slice(Math.max(0, after - (broken?.resent ?? 0))).join(''))
    const parts = [broken ? rest.slice(0, broken.bytes) : rest]
    let here = true
    const close = () => {
      if (here) open--
      here = false
    }
    open++
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start(controller) {
          signal?.addEventListener('abort', () => {
            if (here) controller.error(signal.reason)
            close()
          })
        },
        pull(controller) {
          const part = parts.shift()
          if (part && part.length > 0) controller.enqueue(new Uint8Array(part))
          else if (broken?.ends !== 'silence') {
            close()
            if (broken?.ends === 'reset') controller.error(new TypeError('terminated'))
            else controller.close()
          }
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    )
  }

  const fetch: typeof globalThis.fetch = async (input, { method = 'GET', headers, body, signal } = {}) => {
    const given = new Headers(headers)
    const cursor = given.get('last-event-id')
    // The same in the Responses API, which counts from 0.
    const startingAfter = /starting_after=(\d+)/.exec(String(input))?.[1]
    const fate = left.shift() ?? 'whole'
    requests.push(`${method} ${input}${cursor === null ? '' : ` after ${cursor}`}`)
    sent.push({ at: now(), headers: given, body: String(body ?? '') })
    signal?.throwIfAborted()
    if (fate === 'lost') throw new TypeError('fetch failed')
    if (fate === 'hangs') {
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    }
    if (typeof fate === 'object' && 'status' in fate) {
      const { status, headers, code } = fate
      const envelope = JSON.stringify({ error: { message: 'No.', type: 'server_error', param: null, code } })
      return new Response(status === 204 ? null : envelope, { status, ...(headers && { headers }) })
    }
    if (method === 'DELETE') return new Response(null, { status: 204 })
    if (String(input).endsWith('/cancel')) return Response.json({ status: 'cancelled' })
    const key = given.get('idempotency-key')
    if (key !== null) questions.set(key, String(body))
    if (fate === 'late') throw new TypeError('fetch failed')
    return new Response(
      answer(startingAfter === undefined ? Number(cursor ?? 0) : Number(startingAfter) + 1, fate, signal),
      {
        status: method === 'POST' ? 201 : 200,
        headers: { 'content-type': 'text/event-stream', 'stream-id': ID, 'x-request-id': 'r-1', ...more },
      },
    )
  }

  return { fetch, requests, sent, questions, open: () => open }
}
