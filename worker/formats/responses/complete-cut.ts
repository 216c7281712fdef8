/**
 * Ends a stream that was cut off. Bytes that were passed on can't be taken back, so an event that stopped in
 * its middle becomes the error: of two members with one name the last one counts. Then `response.failed`
 * follows, by the id that the answer began with.
 */
import { MAX_EVENT_BYTES } from '../../limits.ts'
import { encodeSse, toBytes } from '../../protocol/encode.ts'
import { createEventReader } from '../../protocol/event-reader.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import type { ErrorEnvelope } from '../../protocol/wire.ts'
import type { Cut } from '../answer-format.ts'
import { closeJson, dataOf, namesEvent } from '../unfinished.ts'
import { errorMembers, failed, newResponse, numbering } from './closing.ts'
import { readEvent } from './read-event.ts'

/**
 * @returns the text to send, so that the answer ends with the error, inside its unfinished event or after it
 */
export function completeCut({ unfinished, first, last }: Cut, { error }: ErrorEnvelope): string {
  const data = dataOf(unfinished)
  const unclosed = parseJson(data?.text ?? '')
  let response: Record<string, unknown> = newResponse(undefined, '')
  let sequence = -1
  for (const value of [...valuesOf(first), ...valuesOf(last), unclosed]) {
    if (!isRecord(value)) continue
    if (isRecord(value.response)) response = { ...value.response, output: [] }
    if (typeof value.sequence_number === 'number') sequence = value.sequence_number
  }
  const number = numbering(sequence)
  const event = number('error', errorMembers(error))
  const after = encodeSse(number('response.failed', failed(response, error)))
  // A blank line would close an event without data, on which OpenAI's client fails. Of two names the last
  // counts.
  const named = /[\r\n]$/.test(unfinished) ? '' : '\n'
  if (data === undefined) return `${namesEvent(unfinished) ? named : '\n\n'}${encodeSse(event)}${after}`
  const { text, prefix } = data
  if (text === '') return `${prefix}${event.data}\n\n${after}`
  const members = closeJson(text, event.data.slice(1, -1))
  return `${members === undefined ? `\n\n${encodeSse(event)}` : `${prefix}${members}\n\n`}${after}`
}

function valuesOf(text: string): unknown[] {
  const frames = createEventReader(MAX_EVENT_BYTES).push(toBytes(text))
  return frames.map(({ event }) => event && parseJson(event.data))
}

/** Whether the stream stopped between the response's own end and its blank line. */
export function isUnterminatedEnd(unfinished: string): boolean {
  const data = dataOf(unfinished)?.text ?? ''
  return readEvent({ data }, parseJson(data)).kind === 'done'
}
