/**
 * Events of a streamed answer → its bare text, each delta as it comes.
 * A stage: what ends the answer badly errors the stream, so that half an answer can't pass for a whole one.
 */
import { ApiError } from '../errors.ts'
import { readEvent } from '../sse/chunk.ts'
import type { SseEvent } from '../sse/decode.ts'

/**
 * The first choice's content, and its refusal where the model refuses; reasoning and tool calls are no text.
 *
 * @example
 *   bytes.pipeThrough(decodeEvents()).pipeThrough(text()).pipeThrough(new TextEncoderStream())
 */
export function text(): TransformStream<SseEvent, string> {
  let done = false
  return new TransformStream({
    transform(event, controller) {
      if (done) return
      const read = readEvent(event)
      if (read.kind === 'done') done = true
      if (read.kind === 'error') {
        throw new ApiError('upstream_error', { wire: read.error })
      }
      if (read.kind === 'garbage') throw new ApiError('upstream_invalid')
      if (read.kind !== 'chunk') return
      for (const { index, delta } of read.chunk.choices) {
        if (index !== 0) continue
        const piece = (delta?.content ?? '') + (delta?.refusal ?? '')
        if (piece !== '') controller.enqueue(piece)
      }
    },
    flush() {
      if (!done) throw new ApiError('upstream_truncated')
    },
  })
}
