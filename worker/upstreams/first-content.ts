/**
 * Reads an answer to its first content. Until then another upstream may still give the answer, so what came
 * is held: the roles and lifecycle events of one attempt must not be followed by another's.
 *
 * Where no other upstream may, it is read to the end of its first event alone.
 */
import type { FollowedFormat } from '../formats/answer-format.ts'
import { MAX_CHECKED_BYTES, MAX_EVENT_BYTES, MAX_HELD_BYTES } from '../limits.ts'
import { concat } from '../protocol/concat.ts'
import { createEventReader } from '../protocol/event-reader.ts'
import type { WireError } from '../protocol/wire.ts'

/** The answer has begun (`bytes` are all that came of it); or what came in place of a beginning. */
export type Beginning = { bytes: Uint8Array } | { error: WireError } | 'ended' | 'invalid'

/**
 * An answer begins with its first token, or ends as a whole one without any. More than `MAX_HELD_BYTES` are
 * taken for a beginning.
 *
 * @param read the next chunk; `undefined` at the end
 */
export async function readToContent(
  format: FollowedFormat,
  first: Uint8Array,
  read: () => Promise<Uint8Array | undefined>,
): Promise<Beginning> {
  const frames = createEventReader(MAX_EVENT_BYTES)
  const reader = format.reader('')
  const held: Uint8Array[] = []
  let size = 0
  for (let chunk: Uint8Array | undefined = first; chunk !== undefined; chunk = await read()) {
    held.push(chunk)
    size += chunk.byteLength
    let hasBegun = size > MAX_HELD_BYTES
    for (const { event: sse, tooLarge } of frames.push(chunk)) {
      hasBegun ||= tooLarge
      if (hasBegun || sse === undefined) continue
      const { kind, texts, finished, error } = reader.read(sse)
      const speaks = texts.some(({ kind }) => kind !== 'other')
      // Some say in one event that the answer is finished, and that this was an error.
      if (!speaks && error !== undefined) return { error }
      hasBegun = speaks || finished.length > 0
      if (hasBegun) continue
      if (kind === 'invalid') return 'invalid'
      if (kind === 'done') return 'ended'
    }
    if (hasBegun) return { bytes: concat(held) }
  }
  return 'ended'
}

/**
 * An answer is told from an error or an end in its place by its first event, which a network may bring in
 * pieces. Comments are not waited behind: they keep the caller's connection alive.
 *
 * @param read the next chunk; `undefined` at the end
 * @returns all that came
 */
export async function readToFirstEvent(
  first: Uint8Array,
  read: () => Promise<Uint8Array | undefined>,
): Promise<Uint8Array> {
  const frames = createEventReader(MAX_CHECKED_BYTES)
  const came: Uint8Array[] = []
  for (let chunk: Uint8Array | undefined = first; chunk !== undefined; chunk = await read()) {
    came.push(chunk)
    if (frames.push(chunk).some(({ event, tooLarge }) => event !== undefined || tooLarge)) break
    if (!HAS_MORE_THAN_COMMENTS.test(frames.unfinished())) break
  }
  return concat(came)
}

const HAS_MORE_THAN_COMMENTS = /^[^:\r\n]/m
