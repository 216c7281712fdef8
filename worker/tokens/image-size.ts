/**
 * Reads a picture's size from its header: PNG, JPEG, WebP or GIF, whatever type the picture is said to have.
 * Decoders differ in what they make of an odd file. So a size is told only if every decoder reads the same
 * one, and a file that says its size twice, is animated, or has its size far behind its beginning has none.
 */
import { MAX_HEADER_STEPS } from '../limits.ts'
import type { EncodedBytes } from './encoded-bytes.ts'

/** In pixels. */
export interface ImageSize {
  width: number
  height: number
}

/** @returns `undefined`: the size can't be known */
export function imageSize(bytes: EncodedBytes): ImageSize | undefined {
  return pngSize(bytes) ?? jpegSize(bytes) ?? webpSize(bytes) ?? gifSize(bytes)
}

const sizeOf = (width: number | undefined, height: number | undefined): ImageSize | undefined =>
  width && height ? { width, height } : undefined

/** [spec] PNG, 5.6 and 11.2.1: IHDR comes first, once; then other chunks, and IDAT with the pixels. */
function pngSize({ big, says }: EncodedBytes): ImageSize | undefined {
  if (!says(0, '\x89PNG\r\n\x1a\n') || !says(8, '\0\0\0\x0dIHDR')) return undefined
  for (let offset = 33, step = 0; step < MAX_HEADER_STEPS; step++) {
    const length = big(offset, 4)
    if (says(offset + 4, 'IDAT')) return sizeOf(big(16, 4), big(20, 4))
    // `acTL`: an animation.
    const isOdd = says(offset + 4, 'IHDR') || says(offset + 4, 'acTL')
    if (length === undefined || isOdd) return undefined
    offset += 12 + length
  }
  return undefined
}

/** [spec] ISO 10918-1, B.1: segments of a marker and a length. A frame's header (SOF) has the size. */
function jpegSize({ big, says }: EncodedBytes): ImageSize | undefined {
  if (!says(0, '\xff\xd8')) return undefined
  let frame: number | undefined
  for (let offset = 2, step = 0; step < MAX_HEADER_STEPS; step++) {
    const marker = big(offset, 2)
    const length = big(offset + 2, 2)
    if (marker === undefined || length === undefined || !hasLength(marker)) return undefined
    if (marker === SCAN) return frame === undefined ? undefined : sizeOf(big(frame + 7, 2), big(frame + 5, 2))
    if (isFrame(marker)) {
      if (frame !== undefined) return undefined
      frame = offset
    }
    offset += 2 + length
  }
  return undefined
}

const SCAN = 0xffda
const hasLength = (marker: number) =>
  marker >= 0xffc0 && marker < 0xffff && !(marker >= 0xffd0 && marker <= 0xffd9)
/** All from C0 to CF but tables (C4, CC) and the reserved C8. */
const isFrame = (marker: number) => marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)

/** [spec] RFC 9649, 2.5 to 2.7. */
function webpSize({ little, says }: EncodedBytes): ImageSize | undefined {
  if (!says(0, 'RIFF') || !says(8, 'WEBP')) return undefined
  const flags = little(20, 1)
  if (flags === undefined) return undefined
  if (says(12, 'VP8X')) {
    const isAnimated = (flags & 2) !== 0
    const [width, height] = [little(24, 3), little(27, 3)]
    return isAnimated || width === undefined || height === undefined
      ? undefined
      : sizeOf(width + 1, height + 1)
  }
  if (says(12, 'VP8L')) {
    const sides = flags === 0x2f ? little(21, 4) : undefined
    return sides === undefined ? undefined : sizeOf((sides & 0x3fff) + 1, ((sides >> 14) & 0x3fff) + 1)
  }
  // [spec] RFC 6386, 9.1: a key frame, its start code, and 14 bits for each side.
  const isKeyFrame = says(12, 'VP8 ') && (flags & 1) === 0 && says(23, '\x9d\x01\x2a')
  const sides = isKeyFrame ? little(26, 4) : undefined
  return sides === undefined ? undefined : sizeOf(sides & 0x3fff, (sides >> 16) & 0x3fff)
}

/**
 * [spec] GIF89a, 18 and 20. A frame can be larger than the screen that the file begins with. OpenAI refuses
 * animations.
 */
function gifSize({ little, says }: EncodedBytes): ImageSize | undefined {
  const flags = says(0, 'GIF8') ? little(10, 1) : undefined
  if (flags === undefined) return undefined
  let offset = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  for (let step = 0; step < MAX_HEADER_STEPS; step++) {
    if (says(offset, ',')) {
      const sides = [6, 8, offset + 1, offset + 3, offset + 5, offset + 7].map((place) => little(place, 2))
      if (sides.includes(undefined)) return undefined
      const [width, height, left, top, wide, high] = sides as [number, number, number, number, number, number]
      return sizeOf(Math.max(width, left + wide), Math.max(height, top + high))
    }
    // Control and comment extensions of one sub-block. An application's (FF) tells of an animation.
    const isPlain = says(offset, '!\xf9') || says(offset, '!\xfe')
    const length = isPlain ? little(offset + 2, 1) : undefined
    if (length === undefined || !says(offset + 3 + length, '\0')) return undefined
    offset += 4 + length
  }
  return undefined
}
