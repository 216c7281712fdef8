/** What a test's upstream does with one request: steps that are combined into a script. */
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

/** One step or several. Resolves when it is done. */
export type Script = (reply: Reply) => Promise<void> | void

export function toReply(call: Call, response: ServerResponse): Reply {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return { call, response, signal: gone.signal }
}

/** Runs the steps one after the other, until the other side leaves. */
export function inOrder(...steps: Script[]): Script {
  return async (reply) => {
    for (const step of steps) {
      if (reply.signal.aborted) return
      await step(reply)
    }
  }
}

/** Sends the head at once, without waiting for the first byte of the body. */
export function head(status = 200, headers: OutgoingHttpHeaders = {}): Script {
  return ({ response }) => {
    response.writeHead(status, headers)
    response.flushHeaders()
  }
}

/** Sends each part as a chunk of its own, and records when. */
export function send(...parts: (string | Uint8Array)[]): Script {
  return async ({ call, response, signal }) => {
    for (const part of parts) {
      if (signal.aborted) return
      const bytes = Buffer.from(part)
      call.sent.push({ at: performance.now(), bytes })
      // The callback comes when the bytes are out, or can't be sent any more.
      await new Promise<void>((resolve) => {
        response.write(bytes, () => resolve())
      })
      // One turn of the event loop a part, because the system would otherwise join them.
      await setImmediate()
    }
  }
}

export function wait(ms: number): Script {
  return async ({ signal }) => {
    // The wait aborts when the other side leaves.
    await setTimeout(ms, undefined, { signal }).catch(() => {})
  }
}

/** Stays silent until the other side leaves. */
export const hang: Script = async ({ signal }) => {
  if (!signal.aborted) await once(signal, 'abort')
}

/** Ends the answer cleanly. */
export const end: Script = ({ response }) => {
  response.end()
}

/** Closes the connection (FIN) before the answer's end. */
export const cut: Script = ({ response }) => {
  response.socket?.destroySoon()
}

/** Resets the connection (RST). */
export const reset: Script = ({ response }) => {
  response.socket?.resetAndDestroy()
}
