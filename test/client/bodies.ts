/** Answers made of given bytes, in given pieces, as `fetch` would return them. */
import { encodeEvent, toBytes } from '../../worker/protocol/encode.ts'

/** What a body was asked to do. */
export interface Observed {
  cancelled: boolean
}

/** @param ends `close`: a clean end. `reset`: the connection breaks. `open`: neither, it stays silent. */
export function bodyOf(
  parts: Uint8Array[],
  ends: 'close' | 'reset' | 'open' = 'close',
): { body: ReadableStream<Uint8Array<ArrayBuffer>>; observed: Observed } {
  const observed = { cancelled: false }
  const left = [...parts]
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const part = left.shift()
        if (part) controller.enqueue(new Uint8Array(part))
        else if (ends === 'close') controller.close()
        else if (ends === 'reset') controller.error(new TypeError('terminated'))
      },
      cancel() {
        observed.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, observed }
}

/** A `fetch` that gives this answer, and keeps what it was asked. */
export function fetchOf(answer: Response | Error): { fetch: typeof fetch; requests: Request[] } {
  const requests: Request[] = []
  return {
    requests,
    async fetch(input, init) {
      requests.push(new Request(input, init))
      if (answer instanceof Error) throw answer
      return answer
    },
  }
}

export function streamed(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  headers: Record<string, string> = {},
) {
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers } })
}

/** One chunk of an answer, as an event. */
export function event(content: string): string {
  return encodeEvent(chunk(content))
}

export function chunk(content: string) {
  return {
    id: 'c-1',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  }
}

export const bytes = toBytes
