/** A sink for one caller in the upstream's wire format: each event keeps the bytes it came in. */

import type { Sink } from '../answer/engine.ts'
import type { AnswerEvent } from '../formats/answer-format.ts'
import { EMPTY_COMMENT, encodeSse, toBytes } from '../protocol/encode.ts'
import type { ResponseBody } from './response-body.ts'

/** @param passes whether other bytes pass than the answer's own events; an empty comment takes their place */
export function createHttpSink(body: ResponseBody, passes: boolean): Sink {
  return {
    takes: { otherBytes: true, largeEvents: passes ? 'pass' : 'refuse' },
    write: ({ event, bytes }) => body.write(passes || isAnswers(event) ? bytes : EMPTY_COMMENT),
    flush: body.flush,
    async end({ error, events, endBytes }) {
      // With nothing to send yet, the error becomes an HTTP status.
      if (error !== undefined && body.isEmpty) return
      for (const [index, event] of events.entries()) {
        const isEnd = endBytes !== undefined && index === events.length - 1
        body.write(isEnd ? endBytes : toBytes(encodeSse(event)))
      }
      await body.close()
    },
  }
}

const isAnswers = (event: AnswerEvent | undefined) => event?.kind === 'chunk'
