/**
 * Splits an answer in two: one branch for the caller, and one that is read once a second. The second branch
 * follows the answer's state, detects silence, and feeds the token count.
 */
import { ApiError } from '../errors.ts'
import type { Cut, FollowedFormat } from '../formats/answer-format.ts'
import { type Ending, followEnding } from './ending.ts'
import { followStart } from './start.ts'
import { type Tap, tap } from './tap.ts'

export interface Watched extends Tap {
  /** The bytes after the first chunk. */
  toCaller: ReadableStream<Uint8Array>
  /** The state in which the answer would end if it ended at the last look. */
  ending(): Ending
  /** Where the answer would be cut off if it ended at the last look. */
  cut(): Cut
  /** Bytes of the upstream's answer up to the last look. */
  readonly bytes: number
  /** When the first token came, in milliseconds since the epoch. */
  readonly firstToken: number | undefined
}

interface Source {
  first: Uint8Array
  rest: ReadableStream<Uint8Array>
  format: FollowedFormat
  abort(reason: ApiError): void
  silenceMs: number
  /** Called with the answer's bytes, in order. */
  observe(bytes: Uint8Array): void
}

export function watch({ first, rest, format, abort, silenceMs, observe }: Source): Watched {
  const [toCaller, toTap] = rest.tee()
  const ending = followEnding(format)
  const start = followStart(format)
  let bytes = 0
  const see = (part: Uint8Array) => {
    bytes += part.byteLength
    start.push(part)
    ending.push(part)
    observe(part)
    // An upstream may stay open after its end. The caller still gets what the other branch has not piped
    // yet.
    if (['done', 'empty'].includes(ending.now().state)) abort(new ApiError('upstream_truncated'))
  }
  see(first)
  const watched = tap(toTap, {
    onBytes: see,
    onSilence: () => abort(new ApiError('upstream_silence_timeout')),
    silenceMs,
    isEager: () => start.isAwaited,
  })
  return {
    ...watched,
    toCaller,
    ending: ending.now,
    cut: ending.cut,
    get bytes() {
      return bytes
    },
    get firstToken() {
      return start.firstToken
    },
  }
}
