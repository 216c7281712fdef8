/** Counts the tokens of a relayed answer from its bytes. */
import { seeEvents } from '../answer/see-events.ts'
import { type Counted, createUsageCount } from '../answer/usage.ts'
import type { AnswerFormat } from '../formats/answer-format.ts'
import type { Question } from '../formats/format.ts'
import { counterFor } from '../tokens/packed.ts'

export interface AskedQuestion {
  format: AnswerFormat
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
  { format, model, question, promptTokens }: AskedQuestion,
  answer: Uint8Array | ReadableStream<Uint8Array>,
  stream: boolean,
): Promise<Counted> {
  const counter = counterFor(model)
  const usage = createUsageCount(() => promptTokens ?? question().promptTokens(model, counter), counter)
  try {
    if (!stream) usage.see(format.readWhole(await new Response(answer).json()))
    else {
      const see = seeEvents(format.reader(model), usage)
      if (answer instanceof Uint8Array) see(answer)
      else for await (const bytes of answer) see(bytes)
    }
  } catch {
    // The answer broke off, or is not an answer.
  }
  return usage.counted()
}
