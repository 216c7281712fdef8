/** Reads the events of one streamed chat completion, and writes its closing events. */
import type { SseEvent } from '../../protocol/event-reader.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import type { Addendum } from '../../protocol/wire.ts'
import type { AnswerEvent, AnswerReader, Closing, TextPiece } from '../answer-format.ts'
import { createJudged } from './judged.ts'
import { readEvent } from './read-event.ts'
import { indexOf, textsOfChoice, textsOfOther } from './texts.ts'
import { usageIn } from './usage.ts'
import { type ChatChunk, DONE } from './wire.ts'

/** The fields that all chunks of one answer share. */
type Head = Pick<ChatChunk, 'id' | 'object' | 'created' | 'model'>

/** @param model for the last chunk, if no chunk came that it could copy it from */
export function createAnswerReader(model: string): AnswerReader {
  let head: Head | undefined
  /** The last chunk with usage and nothing else. */
  let usageChunk: ChatChunk | undefined

  const ownHead = (): Head =>
    head ?? {
      id: `chatcmpl-${crypto.randomUUID()}`,
      object: 'chat.completion.chunk',
      created: Math.floor(Date.now() / 1000),
      model,
    }

  function readChunk(chunk: ChatChunk): Pick<AnswerEvent, 'texts' | 'finished' | 'usageAlone'> {
    const { id, object, created, model, choices } = chunk
    head = { id, object, created, model }
    const usageAlone = choices.length === 0 && chunk.usage != null
    if (usageAlone) usageChunk = chunk
    return { texts: textsOfChoices(choices), finished: finishedOf(choices), usageAlone }
  }

  function read(event: SseEvent): AnswerEvent {
    const { data } = event
    try {
      return readParsed(event)
    } catch (error) {
      // Only an event nested thousands of levels deep overflows the walk. Its data is judged as one text.
      if (!(error instanceof RangeError)) throw error
      return { data, kind: 'invalid', texts: textsOfOther(data), finished: [], usageAlone: false }
    }
  }

  function readParsed(event: SseEvent): AnswerEvent {
    const { data } = event
    const meaning = readEvent(event)
    const { kind } = meaning
    const plain = { data, texts: [], finished: [], usageAlone: false }
    if (kind === 'done') return { ...plain, kind }
    // Its meaning is unknown, but a reader may see it.
    if (kind === 'invalid') return { ...plain, kind, texts: textsOfOther(data) }
    if (kind === 'chunk') return { data, kind, ...readChunk(meaning.chunk), ...withUsage(meaning.chunk) }
    if (kind === 'ignored') {
      const { value } = meaning
      const usage = withUsage(value)
      const texts = textsOfOther(value === undefined ? data : value)
      return { ...plain, kind, texts, ...usage, usageAlone: usage !== undefined }
    }
    const { error, chunk } = meaning
    const words = textsOfOther(error)
    if (chunk === undefined) return { ...plain, kind, error, texts: words, ...withUsage(parseJson(data)) }
    const { error: _, ...shown } = chunk
    const seen = readChunk(chunk)
    return {
      ...plain,
      kind,
      error,
      texts: [...seen.texts, ...words],
      ...withUsage(chunk),
      ...(seen.texts.length > 0 && { chunkOfError: JSON.stringify(shown) }),
    }
  }

  /** @returns `undefined` if there is nothing to tell the caller */
  function lastChunk({ state, error, retract, tell, usage, timing }: Closing): ChatChunk | undefined {
    const asked =
      tell === 'timing' || (tell === 'usage' && (state !== 'done' || usage().source === 'estimated'))
    const told = tell === 'record' || (error === undefined && asked)
    if (!told) return retract && { ...ownHead(), choices: [], millrace: { state, retract } }
    const counted = usage()
    const millrace: Addendum = {
      ...((tell !== 'usage' || state !== 'done') && { state }),
      usage_source: counted.source,
      ...(timing && { timing }),
      ...(retract && { retract }),
    }
    const envelope = error?.separate === false ? error.error.envelope() : undefined
    return { ...(usageChunk ?? { ...ownHead(), choices: [] }), usage: counted.usage, ...envelope, millrace }
  }

  return {
    read,
    judged: createJudged(model, read),
    closing(closing) {
      const { cut, error } = closing
      const chunks: unknown[] = (cut?.choices ?? []).map((index) => ({
        ...ownHead(),
        choices: [{ index, delta: {}, finish_reason: cut?.reason }],
      }))
      const last = lastChunk(closing)
      if (last !== undefined) chunks.push(last)
      if (error?.separate === true) chunks.push(error.error.envelope())
      const events = chunks.map((chunk) => ({ data: JSON.stringify(chunk) }))
      return error === undefined ? [...events, { data: DONE }] : events
    },
  }
}

function textsOfChoices(choices: readonly unknown[]): readonly TextPiece[] {
  const [only] = choices
  return choices.length === 1 ? textsOfChoice(only, 0) : choices.flatMap(textsOfChoice)
}

function finishedOf(choices: readonly unknown[]): number[] {
  const finished: number[] = []
  for (const [position, choice] of choices.entries()) {
    if (isRecord(choice) && choice.finish_reason != null) finished.push(indexOf(choice) ?? position)
  }
  return finished
}

function withUsage(value: unknown): Pick<AnswerEvent, 'usage'> | undefined {
  const usage = usageIn(value)
  return usage && { usage }
}
