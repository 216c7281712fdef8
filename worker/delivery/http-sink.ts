/** A sink for one caller in the upstream's wire format: each event keeps the bytes it came in. */
import type { Sink } from '../answer/engine.ts'
import { encodeEvent, toBytes } from '../protocol/encode.ts'
import type { ResponseBody } from './response-body.ts'

export function createHttpSink(body: ResponseBody): Sink {
  return {
    takes: { otherBytes: true, largeEvents: 'pass', errors: true },
    write: ({ bytes }) => body.write(bytes),
    flush: body.flush,
    async end({ error, events, endBytes }) {
      // With nothing to send yet, the error becomes an HTTP status.
      if (error !== undefined && body.isEmpty) return
      for (const [index, data] of events.entries()) {
        const isEnd = endBytes !== undefined && index === events.length - 1
        body.write(isEnd ? endBytes : toBytes(encodeEvent(data)))
      }
      await body.close()
    },
  }
}
