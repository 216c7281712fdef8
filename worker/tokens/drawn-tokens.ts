/**
 * What a picture costs that a model makes. Sources, as of November 2026: OpenAI's guide "Image generation",
 * "Cost and latency" (https://developers.openai.com/api/docs/guides/image-generation), for gpt-image-1 and
 * 1.5; the prices a picture on the page of gpt-image-1-mini, at $8 a million tokens; and the formula of the
 * guide's calculator for gpt-image-2.
 */
import { bareName } from './model-name.ts'

type Quality = 'low' | 'medium' | 'high'

/** By quality: of a square, and of the two other sizes. */
const FIRST: Readonly<Record<Quality, readonly [square: number, other: number]>> = {
  low: [272, 408],
  medium: [1056, 1584],
  high: [4160, 6240],
}

/** By its prices, a picture of gpt-image-1-mini has 350 more, and prices are rounded. */
const MINI = 400

/** Of gpt-image-2: patches along the longer side. */
const PATCHES: Readonly<Record<Quality, number>> = { low: 16, medium: 48, high: 96 }

const SIZES = ['1024x1024', '1024x1536', '1536x1024']

/**
 * A preview on the way to a picture: "each partial image will incur an additional 100 image output tokens".
 */
export const PARTIAL_TOKENS = 100

const NAME = /^gpt-image-(1|1\.5|2)(-mini)?(?:-\d{4}-\d{2}-\d{2})?$/

/**
 * @param quality `auto` is the dearest
 * @param size `1024x1536`; `auto` is the dearest of the usual ones
 * @returns the most tokens of the picture; `undefined`: no bound is known
 */
export function drawnTokens(model: string, quality = 'auto', size = 'auto'): number | undefined {
  const [, version, mini] = NAME.exec(bareName(model)) ?? []
  const grade = quality === 'auto' ? 'high' : quality
  if (version === undefined || !isQuality(grade)) return undefined
  const tokensOf = (one: string) =>
    version === '2'
      ? patched(PATCHES[grade], one)
      : SIZES.includes(one)
        ? FIRST[grade][one === SIZES[0] ? 0 : 1] + (mini ? MINI : 0)
        : undefined
  if (size !== 'auto') return tokensOf(size)
  return Math.max(...SIZES.map((one) => tokensOf(one) as number))
}

const isQuality = (quality: string): quality is Quality => Object.hasOwn(PATCHES, quality)

function patched(side: number, size: string): number | undefined {
  const [, width = 0, height = 0] = (/^(\d{2,4})x(\d{2,4})$/.exec(size) ?? []).map(Number)
  const [longer, shorter] = [Math.max(width, height), Math.min(width, height)]
  if (shorter === 0) return undefined
  return Math.ceil((side * Math.round((side * shorter) / longer) * (2_000_000 + width * height)) / 4_000_000)
}
