/** Counts the tokens of a relayed answer from its bytes. */
import { type Counted, createUsageCount } from '../answer/usage.ts'
import { chatCompletions } from '../formats/chat-completions/chat-completions.ts'
import type { Question } from '../formats/format.ts'
import { MAX_EVENT_BYTES } from '../limits.ts'
import { createEventReader } from '../protocol/event-reader.ts'
import { counterFor } from '../tokens/packed.ts'

export interface AskedQuestion {
  model: string
  question: () => Pick<Question, 'promptTokens'>
  /** `undefined`: not counted before the call. */
  promptTokens: number | undefined
}

/**
 * @param answer the answer's bytes; a broken-off answer is counted as far as it came
 * @param stream whether it is an event stream, or one JSON object
 */
export async function countAnswer(
  { model, question, promptTokens }: AskedQuestion,
  answer: Uint8Array | ReadableStream<Uint8Array>,
  stream: boolean,
): Promise<Counted> {
  const counter = counterFor(model)
  const usage = createUsageCount(() => promptTokens ?? question().promptTokens(model, counter), counter)
  try {
    if (stream) await readEvents(model, answer, usage.see)
    else usage.see(chatCompletions.readWhole(await new Response(answer).json()))
  } catch {
    // The answer broke off, or is not an answer.
  }
  return usage.counted()
}

async function readEvents(
  model: string,
  answer: Uint8Array | ReadableStream<Uint8Array>,
  see: ReturnType<typeof createUsageCount>['see'],
): Promise<void> {
  const frames = createEventReader(MAX_EVENT_BYTES)
  const reader = chatCompletions.reader(model)
  const feed = (bytes: Uint8Array) => {
    for (const { event } of frames.push(bytes)) if (event !== undefined) see(reader.read(event))
  }
  if (answer instanceof Uint8Array) return feed(answer)
  for await (const bytes of answer) feed(bytes)
}
