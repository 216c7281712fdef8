/**
 * The flow of an answer that passes as it comes, whatever it is: events, JSON or text. It is watched for its
 * end and for the upstream's count, and never changed.
 */
import type { PassedCall } from '../admission/passed-body.ts'
import { PLAIN } from '../formats/passed/plain.ts'
import { searchUsage } from '../formats/passed/usage.ts'
import { EVENT_STREAM, JSON_TYPE, PLAIN_TEXT } from '../protocol/wire.ts'
import { counterFor } from '../tokens/packed.ts'
import type { Candidate } from '../upstreams/plan.ts'
import { converse, type Flow, native, type Outcome } from './pipeline.ts'
import type { Counted } from './usage.ts'

export function pass(asked: PassedCall, flow: Flow): Promise<Outcome> {
  const { format, question, outputBound = 0, bytes, contentType, named, model } = asked
  const { events, isText } = question
  const usage = searchUsage(format.sumsUsage === true)
  // Bare text holds no usage, and its words could look like one.
  const observe = isText ? () => {} : usage.push

  /** Where nothing tells what a whole answer cost, all that was put aside for it is charged. */
  function counted(isWhole: boolean): Counted {
    const found = usage.found()
    if (found !== undefined) return { tokens: { ...found, usage_source: 'upstream' }, isFinal: isWhole }
    const prompt_tokens = asked.tokens.prompt ?? question.promptTokens(model, counterFor(model))
    const completion_tokens = isWhole ? outputBound : 0
    return { tokens: { prompt_tokens, completion_tokens, usage_source: 'estimated' }, isFinal: isWhole }
  }

  async function count(answer: Uint8Array | ReadableStream<Uint8Array>): Promise<Counted> {
    if (answer instanceof Uint8Array) observe(answer)
    else for await (const bytes of answer) observe(bytes)
    return counted(false)
  }

  const { path, name: route } = format
  const senderFor = () => (candidate: Candidate, signal: AbortSignal) => {
    const body = candidate.model === model ? bytes : named(candidate.model)
    return candidate.upstream.call({ method: 'POST', path, body, contentType }, signal)
  }
  const passes = isText ? 'text' : 'json'
  return converse({ ...asked, route, stream: events, passes, senderFor, count }, flow, (answer, call) => {
    const [format, type] =
      events && answer.isStream ? [events, EVENT_STREAM] : [PLAIN, isText ? PLAIN_TEXT : JSON_TYPE]
    const { delivery, ended } = native({ question: bytes, format, type, observe }, flow, answer, call)
    return { delivery, ended: ended.then((it) => ({ ...it, counted: counted(it.isWhole) })) }
  })
}
