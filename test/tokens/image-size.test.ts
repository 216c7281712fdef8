import { describe, expect, test } from 'vitest'
import { MAX_HEADER_CHARS } from '../../worker/limits.ts'
import { openDataUrl } from '../../worker/tokens/encoded-bytes.ts'
import { imageSize } from '../../worker/tokens/image-size.ts'
import { cpuTime } from '../support/cpu-time.ts'
import {
  type Bytes,
  base64,
  dataUrl,
  extendedWebp,
  frame,
  gif,
  gifFrame,
  ihdr,
  jpeg,
  losslessWebp,
  lossyWebp,
  PNG_SIGNATURE,
  png,
  pngChunk,
  SCAN,
  segment,
} from '../support/pictures.ts'

function sizeOf(url: string) {
  const bytes = openDataUrl(url)
  return bytes && imageSize(bytes)
}

const zeros = (count: number): Bytes => Array<number>(count).fill(0)
const controls = [0x21, 0xf9, 4, 0, 0, 0, 0, 0]
const netscape = [0x21, 0xff, 11, ...zeros(11), 3, 1, 0, 0, 0]

describe('a size is read', () => {
  test.each<[string, Bytes]>([
    ['PNG', png(640, 480)],
    [
      'PNG with chunks before its pixels',
      png(640, 480, [...pngChunk('iCCP', zeros(9000)), ...pngChunk('tEXt', [1])]),
    ],
    [
      'JPEG',
      jpeg(segment(0xe0, zeros(14)), segment(0xdb, zeros(65)), frame(640, 480), segment(0xc4, [1]), SCAN),
    ],
    [
      'JPEG, progressive, with a camera’s notes',
      jpeg(segment(0xe1, zeros(65_000)), frame(640, 480, 0xc2), SCAN),
    ],
    [
      'JPEG with a small picture in its notes',
      jpeg(segment(0xe1, jpeg(frame(16, 16), SCAN)), frame(640, 480), SCAN),
    ],
    ['WebP', lossyWebp(640, 480)],
    ['WebP without loss', losslessWebp(640, 480)],
    ['WebP, extended', extendedWebp(640, 480)],
    ['GIF', gif(640, 480, gifFrame(0, 0, 640, 480))],
    [
      'GIF with colours and a comment',
      gif(640, 480, [...controls, 0x21, 0xfe, 1, 65, 0, ...gifFrame(0, 0, 1, 1)], 8),
    ],
    ['GIF whose frame is larger than its screen', gif(10, 10, gifFrame(40, 80, 600, 400))],
  ])('of a %s, wherever the base64 of it is cut', (_, bytes) => {
    for (const type of ['image/png', 'text/plain;charset=utf-8', '']) {
      expect(sizeOf(dataUrl(bytes, type))).toEqual({ width: 640, height: 480 })
    }
    expect(sizeOf(dataUrl(bytes).replace('data:', 'DATA:'))).toEqual({ width: 640, height: 480 })
  })

  test('of the largest sides that a format has', () => {
    expect(sizeOf(dataUrl(png(2 ** 32 - 1, 1)))).toEqual({ width: 2 ** 32 - 1, height: 1 })
    expect(sizeOf(dataUrl(jpeg(frame(65_535, 65_535), SCAN)))).toEqual({ width: 65_535, height: 65_535 })
    expect(sizeOf(dataUrl(lossyWebp(16_383, 2)))).toEqual({ width: 16_383, height: 2 })
    expect(sizeOf(dataUrl(losslessWebp(16_384, 16_384)))).toEqual({ width: 16_384, height: 16_384 })
    expect(sizeOf(dataUrl(extendedWebp(2 ** 24, 3)))).toEqual({ width: 2 ** 24, height: 3 })
  })
})

describe('a size that decoders could read differently is not known', () => {
  test.each<[string, Bytes]>([
    ['nothing', []],
    ['another file', [...'%PDF-1.7 of some pages'].map((char) => char.charCodeAt(0))],
    ['PNG with a second header', png(1, 1, ihdr(9000, 9000))],
    [
      'PNG with a chunk before its header',
      [...PNG_SIGNATURE, ...pngChunk('CgBI', [0, 0, 0, 0]), ...png(1, 1).slice(8)],
    ],
    ['PNG without width', png(0, 10)],
    ['PNG, animated', png(1, 1, pngChunk('acTL', zeros(8)))],
    ['PNG with a chunk that never ends', png(1, 1, [255, 255, 255, 255, ...pngChunk('tEXt', [])])],
    [
      'PNG with chunks without end',
      png(1, 1, Array.from({ length: 500 }, () => pngChunk('tEXt', [])).flat()),
    ],
    ['PNG without pixels', png(640, 480).slice(0, 33)],
    ['JPEG with two frames', jpeg(frame(1, 1), frame(9000, 9000), SCAN)],
    ['JPEG without a frame', jpeg(segment(0xe0, zeros(14)), SCAN)],
    ['JPEG whose height comes later', jpeg(frame(640, 0), SCAN)],
    ['JPEG with bytes between its segments', jpeg([0], frame(1, 1), SCAN)],
    ['JPEG with a marker that has no length', jpeg([0xff, 0xd0], frame(1, 1), SCAN)],
    ['JPEG with a segment of no length', jpeg([0xff, 0xe0, 0, 0], frame(1, 1), SCAN)],
    ['JPEG that is cut before its scan', jpeg(frame(1, 1))],
    [
      'JPEG with its frame far behind',
      jpeg(...Array.from({ length: 7 }, () => segment(0xe1, zeros(65_000))), frame(1, 1), SCAN),
    ],
    ['WebP, animated', extendedWebp(1, 1, 2)],
    ['WebP whose frame is no key frame', lossyWebp(1, 1, 1)],
    ['WebP of an unknown kind', losslessWebp(1, 1).with(15, 90)],
    ['GIF with an animation’s extension', gif(1, 1, [...netscape, ...gifFrame(0, 0, 1, 1)])],
    ['GIF without a frame', gif(1, 1, [0x3b, 0, 0])],
    ['GIF of a comment in two pieces', gif(1, 1, [0x21, 0xfe, 1, 65, 1, 65, 0, ...gifFrame(0, 0, 1, 1)])],
  ])('%s', (_, bytes) => {
    expect(sizeOf(dataUrl(bytes))).toBeUndefined()
  })

  test.each<[string, Bytes, needed: number]>([
    ['PNG', png(7, 7), 41],
    ['JPEG', jpeg(frame(7, 7), SCAN), 16],
    ['WebP', lossyWebp(7, 7), 30],
    ['WebP without loss', losslessWebp(7, 7), 25],
    ['WebP, extended', extendedWebp(7, 7), 30],
    ['GIF', gif(7, 7, gifFrame(0, 0, 7, 7)), 22],
  ])('%s, cut anywhere in its header', (_, whole, needed) => {
    for (let length = 0; length < needed; length++) {
      expect(sizeOf(dataUrl(whole.slice(0, length)))).toBeUndefined()
    }
    expect(sizeOf(dataUrl(whole.slice(0, needed)))).toEqual({ width: 7, height: 7 })
  })

  test.each([
    ['an address', 'https://a.example/a.png'],
    ['an address that holds a data URL', `https://a.example/?data:image/png;base64,${base64(png(1, 1))}`],
    ['bare base64', base64(png(1, 1))],
    ['data that is not base64', 'data:image/png,%89PNG'],
    ['base64 with other characters', dataUrl(png(1, 1)).replace('AAAA', 'AA\nAA')],
    ['base64 of two pieces', `${dataUrl(png(1, 1).slice(0, 16))}${base64(png(1, 1).slice(16))}`],
    [
      'base64 for addresses',
      dataUrl(png(640, 480, pngChunk('tEXt', zeros(30).fill(251)))).replaceAll('+', '-'),
    ],
  ])('%s', (_, url) => {
    expect(sizeOf(url)).toBeUndefined()
  })
})

test('no more than the beginning of a picture is read', () => {
  const head = dataUrl(jpeg(segment(0xe1, zeros(60_000)), frame(640, 480), SCAN)).replaceAll('=', '')
  // Line ends stand behind what is read. Some decoders skip them.
  expect(sizeOf(`${head}${'A'.repeat(MAX_HEADER_CHARS)}${'\n'.repeat(60)}`)).toEqual({
    width: 640,
    height: 480,
  })
})

test('4 MB of pictures with as many segments as are read take a second at the most', () => {
  const tiny = Array.from({ length: 127 }, () => segment(0xe0, []))
  const url = dataUrl(jpeg(...tiny, frame(9, 9)))
  const sizes = new Set<unknown>()
  const took = cpuTime(() => {
    for (let size = 0; size < 4 * 1024 * 1024; size += url.length) sizes.add(sizeOf(url))
  })
  expect([...sizes]).toEqual([undefined])
  expect(took).toBeLessThan(1000)
})
