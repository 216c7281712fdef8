/** The beginnings of pictures and sounds, as their headers say them. Nothing after the header is real. */

export type Bytes = number[]

const letters = (text: string): Bytes => [...text].map((char) => char.charCodeAt(0))
const big = (value: number, bytes: number): Bytes =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256)
const little = (value: number, bytes: number): Bytes => big(value, bytes).reverse()

export const base64 = (bytes: Bytes): string => btoa(bytes.map((byte) => String.fromCharCode(byte)).join(''))
export const dataUrl = (bytes: Bytes, type = 'image/png'): string => `data:${type};base64,${base64(bytes)}`

export const pngChunk = (type: string, data: Bytes): Bytes => [
  ...big(data.length, 4),
  ...letters(type),
  ...data,
  ...big(0, 4),
]
export const ihdr = (width: number, height: number): Bytes =>
  pngChunk('IHDR', [...big(width, 4), ...big(height, 4), 8, 6, 0, 0, 0])
export const PNG_SIGNATURE = letters('\x89PNG\r\n\x1a\n')
const IDAT = pngChunk('IDAT', [0])

/** @param before chunks between the header and the pixels */
export const png = (width: number, height: number, before: Bytes = []): Bytes => [
  ...PNG_SIGNATURE,
  ...ihdr(width, height),
  ...before,
  ...IDAT,
]

export const segment = (marker: number, data: Bytes): Bytes => [
  0xff,
  marker,
  ...big(data.length + 2, 2),
  ...data,
]
export const frame = (width: number, height: number, marker = 0xc0): Bytes =>
  segment(marker, [8, ...big(height, 2), ...big(width, 2), 3])
export const SCAN = segment(0xda, [0, 0])

export const jpeg = (...segments: Bytes[]): Bytes => [0xff, 0xd8, ...segments.flat()]

export const gifFrame = (left: number, top: number, width: number, height: number): Bytes => [
  0x2c,
  ...[left, top, width, height].flatMap((side) => little(side, 2)),
  0,
]
/** @param colours of the table that all frames share, as a power of two */
export const gif = (width: number, height: number, blocks: Bytes, colours = 0): Bytes => [
  ...letters('GIF89a'),
  ...little(width, 2),
  ...little(height, 2),
  colours === 0 ? 0 : 0x80 | (colours - 1),
  0,
  0,
  ...Array<number>(colours === 0 ? 0 : 3 * 2 ** colours).fill(0),
  ...blocks,
]

const webp = (type: string, data: Bytes): Bytes => [
  ...letters('RIFF'),
  ...little(100, 4),
  ...letters('WEBP'),
  ...letters(type),
  ...little(data.length, 4),
  ...data,
  ...Array<number>(20).fill(0),
]
export const lossyWebp = (width: number, height: number, tag = 0): Bytes =>
  webp('VP8 ', [tag, 0, 0, 0x9d, 1, 0x2a, ...little(width, 2), ...little(height, 2)])
export const losslessWebp = (width: number, height: number): Bytes =>
  webp('VP8L', [0x2f, ...little(width - 1 + (height - 1) * 2 ** 14, 4)])
export const extendedWebp = (width: number, height: number, flags = 0): Bytes =>
  webp('VP8X', [flags, 0, 0, 0, ...little(width - 1, 3), ...little(height - 1, 3)])

const chunk = (type: string, data: Bytes): Bytes => [...letters(type), ...little(data.length, 4), ...data]
export interface WavFormat {
  code?: number
  channels?: number
  samples?: number
  bits?: number
  align?: number
}
export function wavFormat({
  code = 1,
  channels = 1,
  samples = 24_000,
  bits = 16,
  align,
}: WavFormat = {}): Bytes {
  const aligned = align ?? (channels * bits) / 8
  return chunk('fmt ', [
    ...little(code, 2),
    ...little(channels, 2),
    ...little(samples, 4),
    ...little(samples * aligned, 4),
    ...little(aligned, 2),
    ...little(bits, 2),
  ])
}
/** @param says what the file says of its data's length, in bytes */
export const wav = (format: Bytes, data: Bytes, says = data.length): Bytes => [
  ...letters('RIFF'),
  ...little(says, 4),
  ...letters('WAVE'),
  ...format,
  ...letters('data'),
  ...little(says, 4),
  ...data,
]
