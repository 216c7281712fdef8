/**
 * The id of a durable answer. It says where the answer is, so nothing has to be looked up: in which shard of
 * its caller, and at which place of that shard's journal. Its tag proves that it was made here for this
 * caller. It can't be guessed either: all who ask the demo without a key are one caller, and read an answer
 * by its id alone.
 *
 *     str_ or resp_ · 144 random bits, 24 characters · shard, 2 hex digits · serial, 10 · tag, 20
 *
 * Earlier releases made ids of a prefix and 22 characters. Their answers are in the caller's own object.
 */
import type { FormatName } from '../formats/wire-format.ts'
import { toBase64Url } from '../protocol/base64url.ts'

/** What an id says. The prefix tells the format: each format's clients know their own ids. */
export interface StreamPlace {
  format: FormatName
  /** 0 is the caller's own object. */
  shard: number
  /** Its number in that shard's journal. */
  serial: number
}

/**
 * A keyed hash, in hex digits, whose key no caller knows. Also of the caller: another caller's id has another
 * tag.
 */
export type TagOf = (text: string) => string

const PREFIXES: Readonly<Record<FormatName, string>> = { 'chat-completions': 'str_', responses: 'resp_' }
const PATTERN = /^(str_|resp_)(?:[\w-]{22}|[\w-]{24}([\da-f]{2})([\da-f]{10})[\da-f]{20})$/
const RANDOM_BYTES = 18
/** 80 bits. */
const TAG_DIGITS = 20

export function newStreamId({ format, shard, serial }: StreamPlace, tagOf: TagOf): string {
  const random = toBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)))
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0')
  const untagged = PREFIXES[format] + random + hex(shard, 2) + hex(serial, 10)
  return untagged + tagOf(untagged).slice(0, TAG_DIGITS)
}

/** @returns what the id says, true or not; `undefined` if it has another form, such as an earlier one */
export function readStreamId(id: string): StreamPlace | undefined {
  const [, , shard, serial] = PATTERN.exec(id) ?? []
  if (shard === undefined || serial === undefined) return undefined
  return { format: formatOf(id), shard: Number.parseInt(shard, 16), serial: Number.parseInt(serial, 16) }
}

/**
 * @param tagOf of the caller who asks
 * @returns the shard that has the answer, if it is still kept. 0 for an id of another form, which can be an
 *   earlier release's or an upstream's; `undefined` if it was not made here for this caller
 */
export function shardOf(id: string, tagOf: TagOf): number | undefined {
  const place = readStreamId(id)
  if (place === undefined) return 0
  return id.endsWith(tagOf(id.slice(0, -TAG_DIGITS)).slice(0, TAG_DIGITS)) ? place.shard : undefined
}

/** Whether the text may be the id of a durable answer in this format. */
export function isStreamId(text: string, format: FormatName): boolean {
  return PATTERN.exec(text)?.[1] === PREFIXES[format]
}

/** @param id of a durable answer */
export const formatOf = (id: string): FormatName =>
  id.startsWith(PREFIXES.responses) ? 'responses' : 'chat-completions'
