/**
 * Counts the tokens of long relayed answers in an invocation of its own, so that counting uses none of the
 * call's CPU time. It reads what the relay's tap has seen, in large reads.
 */
import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Counted } from '../answer/usage.ts'
import { reread } from '../formats/reread.ts'
import { type FormatName, formatNamed } from '../formats/wire-format.ts'
import { countAnswer } from './count-answer.ts'

interface MeteredCall {
  format: FormatName
  bytes: Uint8Array
  model: string
  promptTokens: number | undefined
}

export class Meter extends WorkerEntrypoint {
  /**
   * @param format of the call
   * @param bytes the body of the call as it went upstream
   * @param model the requested model
   * @param promptTokens present if they were counted before the call
   * @param answer the answer's bytes, whole or as a stream
   * @param stream whether the answer is an event stream, or one JSON object
   */
  async count(
    { format, bytes, model, promptTokens }: MeteredCall,
    answer: Uint8Array | ReadableStream<Uint8Array>,
    stream: boolean,
  ): Promise<Counted> {
    const { requests, answers } = formatNamed(format)
    const question = () => reread(bytes, requests)
    return countAnswer({ format: answers, model, question, promptTokens }, answer, stream)
  }
}
