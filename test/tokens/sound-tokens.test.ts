import { expect, test } from 'vitest'
import { openBase64 } from '../../worker/tokens/encoded-bytes.ts'
import { soundTokens, spokenTokens } from '../../worker/tokens/sound-tokens.ts'
import { type Bytes, base64, type WavFormat, wav, wavFormat } from '../support/pictures.ts'

const MODEL = 'gpt-audio'
const tokensOf = (bytes: Bytes, model = MODEL) => soundTokens(model, openBase64(base64(bytes)))
const zeros = (count: number): Bytes => Array<number>(count).fill(0)
/** Beside 10 a second: what is around a sound, and its header's 44 bytes. */
const AROUND = 2 + 1

test.each<[string, WavFormat, bytes: number, seconds: number]>([
  ['16 bits', {}, 48_000, 1],
  ['stereo', { channels: 2 }, 96_000, 1],
  ['8 bits, 8 kHz', { bits: 8, samples: 8000 }, 80_000, 10],
  ['float', { code: 3, bits: 32 }, 96_000, 1],
  ['µ-law', { code: 7, bits: 8, samples: 8000 }, 8000, 1],
])('a WAV has 10 tokens a second: %s', (_, format, bytes, seconds) => {
  expect(tokensOf(wav(wavFormat(format), zeros(bytes)))).toBe(10 * seconds + AROUND)
})

test('a WAV is as long as its bytes, whatever it says of its length', () => {
  for (const says of [0, 1, 2 ** 32 - 1]) {
    expect(tokensOf(wav(wavFormat(), zeros(48_000), says))).toBe(10 + AROUND)
  }
})

test('an MP3 counts as one of 8 kbit/s', () => {
  const frames = [0xff, 0xfb, 0x90, 0, ...zeros(9_996)]
  expect(tokensOf(frames)).toBe(100 + AROUND)
  expect(
    tokensOf(
      [...'ID3'].map((char) => char.charCodeAt(0)).concat([4, 0, 0, 0, 0, 0, 5, ...zeros(5), ...frames]),
    ),
  ).toBe(100 + AROUND)
})

test.each<[string, Bytes]>([
  ['nothing', []],
  ['another file', [...'fLaC and much silence'].map((char) => char.charCodeAt(0))],
  ['a WAV without a format', wav([], zeros(100))],
  ['a WAV with two formats', wav([...wavFormat({ channels: 8 }), ...wavFormat()], zeros(100))],
  ['a WAV without data', wav(wavFormat(), []).slice(0, 36)],
  ['a WAV of a packed format', wav(wavFormat({ code: 2, bits: 4, align: 256 }), zeros(100))],
  ['a WAV whose samples are not as long as it says', wav(wavFormat({ align: 200 }), zeros(100))],
  ['a WAV of more samples a second than there are', wav(wavFormat({ samples: 1e9 }), zeros(100))],
  ['a WAV of more channels than there are', wav(wavFormat({ channels: 4096 }), zeros(100))],
  ['a WAV of no samples', wav(wavFormat({ samples: 0 }), zeros(100))],
  ['an MP3 of a free bit rate', [0xff, 0xfb, 0x00, ...zeros(100)]],
  ['MPEG of another layer', [0xff, 0xf1, 0x50, ...zeros(100)]],
])('of %s no bound is known', (_, bytes) => {
  expect(tokensOf(bytes)).toBeUndefined()
})

test('the models that hear are known by all their names, and no others', () => {
  const sound = wav(wavFormat(), zeros(48_000))
  for (const model of [
    'gpt-audio-2025-08-28',
    'gpt-audio-mini',
    'gpt-audio-1.5',
    'openai/gpt-4o-audio-preview',
    'gpt-4o-mini-audio-preview-2024-12-17',
  ]) {
    expect([model, tokensOf(sound, model), spokenTokens(model)]).toEqual([model, 10 + AROUND, 16_384])
  }
  for (const model of ['gpt-4o', 'gpt-audio-huge', 'my-gpt-audio', 'whisper-1']) {
    expect([tokensOf(sound, model), spokenTokens(model)]).toEqual([undefined, undefined])
  }
})
