/**
 * What a sound costs: it is billed by its length. Source: OpenAI's guide "Managing costs"
 * (https://developers.openai.com/api/docs/guides/realtime-costs), of the model family that Chat Completions
 * has as `gpt-audio`; and the models' own pages.
 */
import { MAX_HEADER_STEPS } from '../limits.ts'
import type { EncodedBytes } from './encoded-bytes.ts'
import { bareName } from './model-name.ts'

/** "Audio tokens in user messages are 1 token per 100 ms", and a message has some special tokens more. */
export const TOKENS_PER_SECOND = 10
const AROUND = 2

/** The most that these models write in one answer, spoken or not. */
const MOST_SPOKEN = 16_384

/** The models that hear and speak, also by their dated names. */
const HEARING = /^(?:gpt-audio(?:-mini|-1\.5)?|gpt-4o(?:-mini)?-audio-preview)(?:-\d{4}-\d{2}-\d{2})?(?::|$)/
const hears = (model: string) => HEARING.test(bareName(model))

/** @returns the most tokens that the sound can cost; `undefined`: no bound is known */
export function soundTokens(model: string, bytes: EncodedBytes): number | undefined {
  const rate = hears(model) ? (wavRate(bytes) ?? leastMp3Rate(bytes)) : undefined
  return rate && tokensAt(rate, bytes)
}

const tokensAt = (rate: number, { length }: EncodedBytes) =>
  Math.ceil((length / rate) * TOKENS_PER_SECOND) + AROUND

/**
 * @returns the tokens of a recording that is transcribed: by its header if it is a WAV, and else as one of 8
 *   kbit/s. A thinner recording, of silence or of a few kbit/s, has more
 */
export const recordingTokens = (bytes: EncodedBytes): number =>
  tokensAt(wavRate(bytes) ?? MP3_BYTES_PER_SECOND, bytes)

/** An earlier answer that the model spoke, and that is sent back by its id. */
export const spokenTokens = (model: string): number | undefined => (hears(model) ? MOST_SPOKEN : undefined)

/** [spec] MPEG-2, Layer III: 8 kbit/s at least. A lower rate would need a table of its own in the decoder. */
const MP3_BYTES_PER_SECOND = 1000

function leastMp3Rate({ big, says }: EncodedBytes): number | undefined {
  const head = big(says(0, 'ID3') ? tagLength(big) : 0, 3)
  if (head === undefined) return undefined
  // [spec] ISO 11172-3, 2.4.1.3: 11 bits of sync, Layer III, and a bit rate of the table.
  const bitRate = (head >> 4) & 15
  return (head & 0xffe600) === 0xffe200 && bitRate > 0 && bitRate < 15 ? MP3_BYTES_PER_SECOND : undefined
}

/** [spec] ID3v2.4, 3.1: a head, four times seven bits for the length of the rest, and a footer by a flag. */
function tagLength(big: EncodedBytes['big']): number {
  const length = [6, 7, 8, 9].reduce((sum, place) => sum * 128 + ((big(place, 1) ?? 0) & 0x7f), 0)
  return 10 + length + ((big(5, 1) ?? 0) & 0x10 ? 10 : 0)
}

/** Codes of WAV formats whose bytes a second are their samples: PCM, float, A-law, µ-law; extensible. */
const SAMPLED = new Set([1, 3, 6, 7])
const EXTENSIBLE = 0xfffe

/** More than any recording has. A higher rate would make the sound too short to be true. */
const MOST_SAMPLES_PER_SECOND = 192_000
const MOST_CHANNELS = 8
const MOST_BITS = 64

/**
 * [spec] Multimedia Programming Interface and Data Specifications 1.0, WAVE.
 *
 * @returns bytes a second, from the one format that the file has before its data
 */
function wavRate(bytes: EncodedBytes): number | undefined {
  const { little, says } = bytes
  if (!says(0, 'RIFF') || !says(8, 'WAVE')) return undefined
  let rate: number | undefined
  for (let offset = 12, step = 0; step < MAX_HEADER_STEPS; step++) {
    if (says(offset, 'data')) return rate
    const length = little(offset + 4, 4)
    if (length === undefined) return undefined
    if (says(offset, 'fmt ')) {
      if (rate !== undefined) return undefined
      rate = rateOf(bytes, offset + 8, length)
      if (rate === undefined) return undefined
    }
    offset += 8 + length + (length % 2)
  }
  return undefined
}

function rateOf({ little }: EncodedBytes, offset: number, length: number): number | undefined {
  const code = little(offset, 2)
  const sampled = code === EXTENSIBLE && length >= 40 ? little(offset + 24, 2) : code
  const [channels = 0, samples = 0] = [little(offset + 2, 2), little(offset + 4, 4)]
  const [aligned = 0, bits = 0] = [little(offset + 12, 2), little(offset + 14, 2)]
  const isSampled = sampled !== undefined && SAMPLED.has(sampled) && aligned * 8 === channels * bits
  const isLikely = samples <= MOST_SAMPLES_PER_SECOND && channels <= MOST_CHANNELS && bits <= MOST_BITS
  return isSampled && isLikely && samples * aligned > 0 ? samples * aligned : undefined
}
