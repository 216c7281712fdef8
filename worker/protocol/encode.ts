/** What the Worker writes into an event stream itself. */
import type { SseEvent } from './event-reader.ts'
import type { ErrorEnvelope } from './wire.ts'

const encoder = new TextEncoder()

/** @param payload a JSON value; or a string without line breaks that is sent unquoted, such as `[DONE]` */
export function encodeEvent(payload: unknown): string {
  return encodeSse({ data: typeof payload === 'string' ? payload : JSON.stringify(payload) })
}

/** An event with data of any number of lines, and its name if it has one. */
export function encodeSse({ event, data }: Pick<SseEvent, 'event' | 'data'>): string {
  const name = event === undefined ? '' : `event: ${event}\n`
  return `${name}data: ${data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data}\n\n`
}

/** The frame that ends a stream that can't be completed. No `[DONE]` follows it. */
export function errorFrame(envelope: ErrorEnvelope): string {
  return encodeEvent(envelope)
}

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text) as Uint8Array<ArrayBuffer>
}

/** Ends the event that a stream is in. */
export const BLANK_LINE = toBytes('\n\n')

/**
 * Keeps a connection alive. No blank line follows it: some readers (Python's among them) dispatch an empty
 * event at one.
 */
export const EMPTY_COMMENT = toBytes(':\n')
