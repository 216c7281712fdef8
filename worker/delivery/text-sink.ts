/** A sink that writes bare text for terminals: the first choice's content, or its refusal. */
import type { Sink } from '../answer/engine.ts'
import { BROKE_OFF } from '../errors.ts'
import { toBytes } from '../protocol/encode.ts'
import type { Timing, Usage } from '../protocol/wire.ts'
import type { ResponseBody } from './response-body.ts'

/** @param lastLine a line to add to a whole answer */
export function createTextSink(body: ResponseBody, lastLine: () => string | undefined): Sink {
  return {
    takes: { otherBytes: false, largeEvents: 'skip' },
    write({ event }) {
      for (const { choice, kind, text, repeats } of event?.texts ?? []) {
        const isShown = choice === 0 && (kind === 'content' || kind === 'refusal') && !repeats
        if (isShown) body.write(toBytes(text))
      }
    },
    flush: body.flush,
    async end({ state, error }) {
      // Half an answer must not look whole, and bare text can show it only by a broken connection.
      if (error !== undefined || state === 'moderated' || state === 'stopped') {
        if (body.hasBegun) await body.breakOff(new Error(BROKE_OFF))
        return
      }
      const line = lastLine()
      if (line !== undefined) body.write(toBytes(line))
      await body.close()
    },
  }
}

/** `— 414 tokens, the first after 0.93 s, 87.9 ms a token, 36.4 s in all` */
export function inWords({ completion_tokens: tokens }: Usage, { first_token_ms, total_ms }: Timing): string {
  const seconds = (ms: number, digits: number) => `${(ms / 1000).toFixed(digits)} s`
  const parts = [
    `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`,
    ...(first_token_ms === null ? [] : [`the first after ${seconds(first_token_ms, 2)}`]),
    ...(tokens > 0 ? [`${(total_ms / tokens).toFixed(1)} ms a token`] : []),
    `${seconds(total_ms, 1)} in all`,
  ]
  return `— ${parts.join(', ')}`
}
