/** Ids of streams in tests of what stands below the objects. */
import type { FormatName } from '../../worker/formats/wire-format.ts'
import { newStreamId, type TagOf } from '../../worker/streams/stream-id.ts'

/** Stands in for the platform's keyed hash. [spec] FNV-1a, four times with different beginnings. */
export const testTags =
  (caller: string): TagOf =>
  (text) =>
    [1, 2, 3, 4]
      .map((part) => {
        let hash = 0x811c9dc5
        for (const char of `${part} ${caller} ${text}`) {
          hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
        }
        return (hash >>> 0).toString(16).padStart(8, '0')
      })
      .join('')

export const testStreamId = (format: FormatName, serial: number): string =>
  newStreamId({ format, shard: 0, serial }, testTags('test'))
