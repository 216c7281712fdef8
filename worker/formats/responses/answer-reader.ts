/** Reads the events of one streamed response, and writes its closing events. */
import type { SseEvent } from '../../protocol/event-reader.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import type { AnswerEvent, AnswerReader, Closing, ReaderOptions } from '../answer-format.ts'
import { closingEvents, newResponse, numbering } from './closing.ts'
import { createHear } from './heard.ts'
import { createJudge } from './judged.ts'
import { readEvent } from './read-event.ts'
import { createSnapshot } from './snapshot.ts'
import { spokenIn } from './spoken.ts'
import { stripped } from './strip.ts'
import { responseUsage, usageIn } from './usage.ts'

/** @param model for the response, if no event came that it could copy it from */
export function createAnswerReader(model: string, options: ReaderOptions = {}): AnswerReader {
  const { responseId, strips } = options
  const hear = createHear()
  const judge = createJudge(model)
  const snapshot = createSnapshot()
  /** Each event's data, parsed. */
  const values = new WeakMap<AnswerEvent, unknown>()
  let isModerated = false
  /** How many events were read, and the number of the last that was shown. */
  let count = 0
  let shownNumber = -1
  /** The upstream's own end, in the form in which it is shown. */
  let end: AnswerEvent | undefined

  /** The value as callers may see it: under their id for it, numbered, stripped. */
  function rewritten(value: unknown): unknown {
    const seen = strips === true ? stripped(value) : value
    if (responseId === undefined || !isRecord(seen)) return seen
    const { response } = seen
    return {
      ...seen,
      sequence_number: count++,
      ...(isRecord(response) && { response: { ...response, id: responseId } }),
      ...('response_id' in seen && { response_id: responseId }),
    }
  }

  function read(event: SseEvent): AnswerEvent {
    const parsed = parseJson(event.data)
    const meaning = readEvent(event, parsed)
    const { kind } = meaning
    const isAnswers = kind === 'chunk' || kind === 'done'
    const value = isAnswers ? rewritten(parsed) : parsed
    const data = value === parsed ? event.data : JSON.stringify(value)
    const plain = { data, name: nameOf(value), usageAlone: false, ...withUsage(value) }
    if (kind === 'error') return { ...plain, kind, error: meaning.error, texts: [], finished: [] }
    if (value === undefined) return { ...plain, kind, texts: [textOf(data)], finished: [] }
    const texts = isAnswers ? hear(spokenIn(value)) : []
    const answer: AnswerEvent = { ...plain, kind, texts, finished: kind === 'done' ? [0] : [] }
    values.set(answer, value)
    if (kind !== 'done') return answer
    end = isModerated ? rebuilt(answer) : answer
    return isModerated ? { ...answer, texts: end.texts } : answer
  }

  function judged(event: AnswerEvent): AnswerEvent {
    // The end was rebuilt when it was read.
    if (event.kind === 'done' && isModerated && end !== undefined) return end
    isModerated = true
    const shown = rebuilt(event)
    if (event.kind === 'done') end = shown
    return shown
  }

  function rebuilt(event: AnswerEvent): AnswerEvent {
    // What is not JSON is one text.
    if (!values.has(event)) return { ...event, name: undefined }
    const { own, beside } = judge(values.get(event))
    const texts = [...event.texts.filter(({ repeats }) => !repeats), ...beside]
    const shown = { ...event, data: JSON.stringify(own), name: nameOf(own), texts }
    values.set(shown, own)
    return shown
  }

  function follow(event: AnswerEvent, take: (value: unknown) => void): void {
    const value = values.get(event)
    if (event.kind !== 'chunk' || !isRecord(value)) return
    take(value)
    const { sequence_number: number } = value
    shownNumber = typeof number === 'number' ? number : shownNumber + 1
  }

  /** The upstream's own end; with something added only where there is something to tell. */
  function ownEnd(own: AnswerEvent, { tell, retract, usage, timing, state }: Closing): SseEvent {
    const event = { data: own.data, event: own.name }
    const isTold =
      tell === 'timing' || tell === 'record' || (tell === 'usage' && usage().source === 'estimated')
    const value = values.get(own)
    if (!isRecord(value) || (!isTold && retract === undefined)) return event
    const counted = usage()
    const { response } = value
    const millrace = {
      ...(tell !== 'usage' && { state }),
      ...(isTold && { usage_source: counted.source }),
      ...(timing && { timing }),
      ...(retract && { retract }),
    }
    const isUncounted = isTold && isRecord(response) && usageIn(response) === undefined
    const told = isUncounted ? { response: { ...response, usage: responseUsage(counted.usage) } } : {}
    return { ...event, data: JSON.stringify({ ...value, ...told, millrace }) }
  }

  return {
    read,
    // The end repeats all pictures that were made.
    isLargeEnd: (beginning) => /"type":\s*"response\.(?:completed|incomplete)"/.test(beginning),
    judged,
    shown: (event) => follow(event, snapshot.fold),
    withdrawn: (event) => follow(event, snapshot.withdraw),
    closing(closing) {
      if (closing.state === 'done' && end !== undefined) return [ownEnd(end, closing)]
      const unbegun = () => newResponse(responseId, model)
      const last = closing.eventsBefore === undefined ? shownNumber : closing.eventsBefore - 1
      return closingEvents(closing, snapshot, unbegun, numbering(last))
    },
  }
}

function withUsage(value: unknown): Pick<AnswerEvent, 'usage'> {
  const usage = usageIn(isRecord(value) ? value.response : undefined)
  return usage === undefined ? {} : { usage }
}

function nameOf(value: unknown): string | undefined {
  const type = isRecord(value) ? value.type : undefined
  return typeof type === 'string' && /^[\w.]+$/.test(type) ? type : undefined
}

const textOf = (text: string) => ({ choice: 0, kind: 'other', key: 'beside', text, repeats: false }) as const
