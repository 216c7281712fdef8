/** What an upstream in tests does with one request: steps that are put together to a script. */
import { once } from 'node:events'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Call } from './upstream.ts'

/** The other side of a request, as its script handles it. */
export interface Reply {
  readonly call: Call
  readonly response: ServerResponse
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal
}

/** One step, or many: resolves when it is done. */
export type Script = (reply: Reply) => Promise<void> | void

export function toReply(call: Call, response: ServerResponse): Reply {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return { call, response, signal: gone.signal }
}

/** One after the other, as long as the other side is there. */
export function inOrder(...steps: Script[]): Script {
  return async (reply) => {
    for (const step of steps) {
      if (reply.signal.aborted) return
      await step(reply)
    }
  }
}

/** Sends the head at once, not with the first byte of the body. */
export function head(status = 200, headers: OutgoingHttpHeaders = {}): Script {
  return ({ response }) => {
    response.writeHead(status, headers)
    response.flushHeaders()
  }
}

/** Sends each part as a chunk of its own, and notes when. */
export function send(...parts: (string | Uint8Array)[]): Script {
  return async ({ call, response, signal }) => {
    for (const part of parts) {
      if (signal.aborted) return
      const bytes = Buffer.from(part)
      call.sent.push({ at: performance.now(), bytes })
      // Called back when the bytes are out, and also when they can't be any more.
      await new Promise<void>((resolve) => {
        response.write(bytes, () => resolve())
      })
      // A turn of the loop for each, or the system would join them again.
      await setImmediate()
    }
  }
}

export function wait(ms: number): Script {
  return async ({ signal }) => {
    // An aborted wait is over: the other side left.
    await setTimeout(ms, undefined, { signal }).catch(() => {})
  }
}

/** Says nothing more, until the other side leaves. */
export const hang: Script = async ({ signal }) => {
  if (!signal.aborted) await once(signal, 'abort')
}

/** A clean end. */
export const end: Script = ({ response }) => {
  response.end()
}

/** The connection closes (FIN) where the answer still lacks its end. */
export const cut: Script = ({ response }) => {
  response.socket?.destroySoon()
}

/** The connection is reset (RST). */
export const reset: Script = ({ response }) => {
  response.socket?.resetAndDestroy()
}
