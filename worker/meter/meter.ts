/**
 * Counts the tokens of a relayed call in an invocation of its own, so that a long answer's counting takes nothing
 * from the call's time and CPU. It reads what the relay's tap has seen, in large reads.
 */
import { WorkerEntrypoint } from 'cloudflare:workers'
import { readEvent } from '../sse/chunk.ts'
import { createEventReader, type SseEvent } from '../sse/decode.ts'
import { counterFor } from '../tokens/packed.ts'
import type { ChatRequest } from '../wire.ts'
import type { Tokens } from './record.ts'
import { createTally } from './tally.ts'

export class Meter extends WorkerEntrypoint {
  /**
   * @param request the body of the call as it went upstream
   * @param answer the answer's bytes as they came, to its end or as far as it got; whole, or as a stream
   * @param stream whether the answer is an event stream, or one JSON
   */
  async count(
    request: Uint8Array,
    answer: Uint8Array | ReadableStream<Uint8Array>,
    stream: boolean,
  ): Promise<Tokens> {
    const asked: ChatRequest = JSON.parse(new TextDecoder().decode(request))
    const model = String(asked.model)
    const tally = createTally({ model, messages: asked.messages }, counterFor(model))
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
