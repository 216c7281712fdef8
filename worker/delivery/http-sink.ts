/** A sink for one caller in the upstream's wire format: each event keeps the bytes it came in. */

import type { Sink } from '../answer/engine.ts'
import type { AnswerEvent } from '../formats/answer-format.ts'
import { BLANK_LINE, EMPTY_COMMENT, encodeSse, toBytes } from '../protocol/encode.ts'
import type { ResponseBody } from './response-body.ts'

const LINE_ENDS = new Set<number | undefined>([0x0a, 0x0d])

/** @param passes whether other bytes pass than the answer's own events; an empty comment takes their place */
export function createHttpSink(body: ResponseBody, passes: boolean): Sink {
  /** Whether the last byte is within a line: a large event that passes in pieces may be cut off. */
  let isInLine = false
  return {
    takes: { otherBytes: true, largeEvents: passes ? 'pass' : 'refuse' },
    write({ event, bytes: own }) {
      const bytes = passes || isAnswers(event) ? own : EMPTY_COMMENT
      isInLine = !LINE_ENDS.has(bytes.at(-1))
      body.write(bytes)
    },
    flush: body.flush,
    async end({ error, events, endBytes }) {
      // With nothing to send yet, the error becomes an HTTP status.
      if (error !== undefined && body.isEmpty) return
      if (isInLine) body.write(BLANK_LINE)
      for (const [index, event] of events.entries()) {
        const isEnd = endBytes !== undefined && index === events.length - 1
        body.write(isEnd ? endBytes : toBytes(encodeSse(event)))
      }
      await body.close()
    },
  }
}

const isAnswers = (event: AnswerEvent | undefined) => event?.kind === 'chunk'
