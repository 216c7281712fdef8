/**
 * The id of a durable answer. It is all that a caller needs to read the answer, so it can't be guessable. How
 * it begins tells the answer's format: each format's clients know their own ids.
 */
import type { FormatName } from '../formats/wire-format.ts'
import { toBase64Url } from '../protocol/base64url.ts'

const RANDOM_BYTES = 16
const PREFIXES: Readonly<Record<FormatName, string>> = { 'chat-completions': 'str_', responses: 'resp_' }
const PATTERN = /^(str_|resp_)[\w-]{22}$/

/** 128 random bits. */
export function newStreamId(format: FormatName): string {
  return `${PREFIXES[format]}${toBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)))}`
}

/** Whether the text may be the id of a durable answer in this format. */
export function isStreamId(text: string, format: FormatName): boolean {
  return PATTERN.exec(text)?.[1] === PREFIXES[format]
}

/** @param id of a durable answer */
export function formatOf(id: string): FormatName {
  return isStreamId(id, 'responses') ? 'responses' : 'chat-completions'
}
