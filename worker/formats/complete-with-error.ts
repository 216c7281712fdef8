/**
 * Ends a stream that was cut off. Bytes that were passed on can't be taken back, so an event that stopped in
 * its middle is completed: its open strings, arrays and objects are closed, and the error is added beside
 * them (`{"id":"x","choices":[{"delta":{"content":"half` becomes `…half"}}],"error":{…}}`). So a client gets
 * the half delta and the error, not a JSON parse failure.
 */

import { errorFrame } from '../protocol/encode.ts'
import type { ErrorEnvelope } from '../protocol/wire.ts'
import { closeJson, dataOf, namesEvent } from './unfinished.ts'

/**
 * @param unfinished the text after the last whole event (`Ending.unfinished`)
 * @returns the text to send, so that the stream ends with the error as an event of its own, or inside the
 *   unfinished event
 */
export function completeWithError(unfinished: string, envelope: ErrorEnvelope): string {
  const data = dataOf(unfinished)
  if (data === undefined) return afterOtherLines(unfinished, envelope)
  const { text, prefix } = data
  if (text === '') return `${prefix}${JSON.stringify(envelope)}\n\n`
  const suffix = closeJson(text, `"error":${JSON.stringify(envelope.error)}`)
  return suffix === undefined ? `\n\n${errorFrame(envelope)}` : `${prefix}${suffix}\n\n`
}

/**
 * After an `event:` line a blank line would close an event without data, on which OpenAI's SDK fails. So the
 * error goes into that event, under a name of ours: of two `event:` lines the last one counts.
 */
function afterOtherLines(unfinished: string, envelope: ErrorEnvelope): string {
  if (!namesEvent(unfinished)) return `\n\n${errorFrame(envelope)}`
  const newLine = /[\r\n]$/.test(unfinished) ? '' : '\n'
  return `${newLine}event: error\n${errorFrame(envelope)}`
}
