/**
 * Events of a streamed answer → its bare text, each delta as it comes.
 * A stage: what ends the answer badly errors the stream, so that half an answer can't pass for a whole one.
 */
import { ApiError } from '../errors.ts'
import { readEvent } from '../formats/chat-completions/read-event.ts'
import type { SseEvent } from '../protocol/decode.ts'
import type { Timing, Usage } from '../protocol/wire.ts'
import { cleaned } from '../upstreams/refusal.ts'

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
      if (read.kind === 'error') throw new ApiError('upstream_error', { wire: cleaned(read.error) })
      if (read.kind === 'garbage') throw new ApiError('upstream_invalid')
      if (read.kind !== 'chunk') return
      for (const { index, delta } of read.chunk.choices) {
        if (index !== 0) continue
        const piece = (delta?.content ?? '') + (delta?.refusal ?? '')
        if (piece !== '') controller.enqueue(piece)
      }
      const { millrace, usage } = read.chunk
      if (millrace?.state === 'moderated') {
        throw new ApiError('content_filter', { message: 'The answer was flagged by moderation.' })
      }
      if (millrace?.timing && usage) controller.enqueue(`\n\n${inWords(usage, millrace.timing)}\n`)
    },
    flush() {
      if (!done) throw new ApiError('upstream_truncated')
    },
  })
}

/** `— 414 tokens, the first after 0.93 s, 87.9 ms a token, 36.4 s in all` */
function inWords({ completion_tokens: tokens }: Usage, { first_token_ms, total_ms }: Timing): string {
  const seconds = (ms: number, digits: number) => `${(ms / 1000).toFixed(digits)} s`
  const parts = [
    `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`,
    ...(first_token_ms === null ? [] : [`the first after ${seconds(first_token_ms, 2)}`]),
    ...(tokens > 0 ? [`${(total_ms / tokens).toFixed(1)} ms a token`] : []),
    `${seconds(total_ms, 1)} in all`,
  ]
  return `— ${parts.join(', ')}`
}
