/**
 * The id of a durable answer. It is all that a caller needs to read the answer, so it can't be guessable. How
 * it begins tells the answer's format: each format's clients know their own ids. It ends with the answer's
 * serial in the journal, which so needs no index of ids.
 */
import type { FormatName } from '../formats/wire-format.ts'
import { toBase64Url } from '../protocol/base64url.ts'

const RANDOM_BYTES = 16
const PREFIXES: Readonly<Record<FormatName, string>> = { 'chat-completions': 'str_', responses: 'resp_' }
/** Ids of the releases before serials stood in them have none. */
const PATTERN = /^(str_|resp_)[\w-]{22}([\da-z]{0,8})$/
const SERIAL_RADIX = 36

/** 128 random bits, and the stream's serial. */
export function newStreamId(format: FormatName, serial: number): string {
  const random = toBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)))
  return `${PREFIXES[format]}${random}${serial.toString(SERIAL_RADIX)}`
}

/** Whether the text may be the id of a durable answer in this format. */
export function isStreamId(text: string, format: FormatName): boolean {
  return PATTERN.exec(text)?.[1] === PREFIXES[format]
}

/** @param id of a durable answer */
export function formatOf(id: string): FormatName {
  return isStreamId(id, 'responses') ? 'responses' : 'chat-completions'
}

/** @returns `undefined`: the id has none */
export function serialOf(id: string): number | undefined {
  const serial = PATTERN.exec(id)?.[2]
  return serial ? Number.parseInt(serial, SERIAL_RADIX) : undefined
}
