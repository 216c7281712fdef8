/**
 * Counts the tokens of a relayed call in an invocation of its own, so that a long answer's counting takes nothing
 * from the call's time and CPU. It reads what the relay's tap has seen, in large reads.
 */
import { WorkerEntrypoint } from 'cloudflare:workers'
import { readEvent } from '../formats/chat-completions/read-event.ts'
import { createEventReader, type SseEvent } from '../protocol/decode.ts'
import type { ChatRequest } from '../protocol/wire.ts'
import { counterFor } from '../tokens/packed.ts'
import type { Tokens } from './record.ts'
import { type Asked, createTally } from './tally.ts'

export class Meter extends WorkerEntrypoint {
  /**
   * @param asked the body of the call as it went upstream, and its tokens where they were counted before it
   * @param answer the answer's bytes as they came, to its end or as far as it got; whole, or as a stream
   * @param stream whether the answer is an event stream, or one JSON
   */
  async count(
    { bytes, tokens }: { bytes: Uint8Array; tokens: Asked['tokens'] },
    answer: Uint8Array | ReadableStream<Uint8Array>,
    stream: boolean,
  ): Promise<Tokens> {
    const request: ChatRequest = JSON.parse(new TextDecoder().decode(bytes))
    const model = String(request.model)
    const tally = createTally({ model, messages: request.messages, tokens }, counterFor(model))
    try {
      if (stream) await readEvents(answer, (event) => tally.see(readEvent(event)))
      else tally.seeWhole(await new Response(answer).json())
    } catch {
      // An answer that broke off, or is no answer: what had arrived is what is accounted for.
    }
    const { usage, source } = tally.usage()
    return {
      prompt_tokens: usage.prompt_tokens,
      completion_tokens: usage.completion_tokens,
      usage_source: source,
    }
  }
}

/** Without streams between: what is here already needs no waiting for. */
async function readEvents(
  answer: Uint8Array | ReadableStream<Uint8Array>,
  onEvent: (event: SseEvent) => void,
): Promise<void> {
  const reader = createEventReader()
  const feed = (bytes: Uint8Array) => reader.push(bytes).forEach(onEvent)
  if (answer instanceof Uint8Array) return feed(answer)
  for await (const bytes of answer) feed(bytes)
}
