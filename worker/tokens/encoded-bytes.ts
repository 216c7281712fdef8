/**
 * Single bytes of a file, as it is or as a base64 text. Only what is asked for is decoded: a picture's size
 * stands in a few bytes of its megabytes.
 */
import { MAX_HEADER_CHARS } from '../limits.ts'

/** Bytes that aren't there, or are beyond the first `MAX_HEADER_CHARS` characters, are `undefined`. */
export interface EncodedBytes {
  /** The bytes of the whole text, or up to 2 more. */
  length: number
  /** The number in these bytes, the highest first. */
  big(offset: number, bytes: number): number | undefined
  /** The same, the lowest first. */
  little(offset: number, bytes: number): number | undefined
  /** Whether these letters stand there. */
  says(offset: number, letters: string): boolean
}

/** [spec] RFC 4648, 4: the value of each character. */
const VALUES = new Uint8Array(128)
for (const [value, char] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  VALUES[char.charCodeAt(0)] = value
}

/**
 * @returns nothing can be read of a text that isn't base64: some decoders skip other characters, some don't
 */
export function openBase64(text: string): EncodedBytes {
  const head = /^[A-Za-z0-9+/]*(?=={0,2}$)/.exec(text.slice(0, MAX_HEADER_CHARS))?.[0] ?? ''

  function byteAt(offset: number): number | undefined {
    const place = offset % 3
    const from = ((offset - place) / 3) * 4 + place
    if (from + 1 >= head.length) return undefined
    const value = (index: number) => VALUES[head.charCodeAt(index)] as number
    return ((value(from) << (2 + 2 * place)) | (value(from + 1) >> (4 - 2 * place))) & 0xff
  }

  return numbersOf(Math.ceil((text.length * 3) / 4), byteAt)
}

export const openBytes = (bytes: Uint8Array): EncodedBytes =>
  numbersOf(bytes.byteLength, (offset) => bytes[offset])

function numbersOf(length: number, byteAt: (offset: number) => number | undefined): EncodedBytes {
  /** @param step from one byte to the next lower one: 1 or -1 */
  function numberFrom(highest: number, bytes: number, step: 1 | -1): number | undefined {
    let number = 0
    for (let i = 0; i < bytes; i++) {
      const byte = byteAt(highest + step * i)
      if (byte === undefined) return undefined
      number = number * 256 + byte
    }
    return number
  }

  function says(offset: number, letters: string): boolean {
    for (let i = 0; i < letters.length; i++) {
      if (byteAt(offset + i) !== letters.charCodeAt(i)) return false
    }
    return true
  }

  return {
    length,
    big: (offset, bytes) => numberFrom(offset, bytes, 1),
    little: (offset, bytes) => numberFrom(offset + bytes - 1, bytes, -1),
    says,
  }
}

/** [spec] RFC 2397. @returns `undefined` for any other address, and for data that isn't in base64 */
export function openDataUrl(url: string): EncodedBytes | undefined {
  const scheme = /^data:[^,]{0,200};base64,/i.exec(url)?.[0]
  return scheme === undefined ? undefined : openBase64(url.slice(scheme.length))
}
