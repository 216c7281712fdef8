/**
 * What a picture costs that a model makes. Sources, as of November 2026: OpenAI's guide "Image generation",
 * "Cost and latency" (https://developers.openai.com/api/docs/guides/image-generation), of gpt-image-1 and 1.5;
 * the prices a picture on the page of gpt-image-1-mini, at $8 a million tokens and half a unit higher; and
 * the formula of that guide's calculator for gpt-image-2.
 */
import { bareName } from './model-name.ts'

type Quality = 'low' | 'medium' | 'high'

/** By quality: of a square, and of the other sizes. `auto` is the dearest of all. */
type Prices = Readonly<Record<Quality, readonly [square: number, other: number]>>

const FIRST: Prices = { low: [272, 408], medium: [1056, 1584], high: [4160, 6240] }
const MINI: Prices = { low: [688, 813], medium: [1438, 1938], high: [4563, 6563] }
const PRICES: Readonly<Record<string, Prices>> = {
  'gpt-image-1': FIRST,
  'gpt-image-1.5': FIRST,
  'gpt-image-1-mini': MINI,
}

const SIZES = ['1024x1024', '1024x1536', '1536x1024']

/** Patches along the longer side. */
const SIDES: Readonly<Record<Quality, number>> = { low: 16, medium: 48, high: 96 }

/** A preview on the way to a picture: "each partial image will incur an additional 100 image output tokens". */
export const PARTIAL_TOKENS = 100

/**
 * @param size `1024x1536`
 * @returns the tokens of the dearest picture that this can be; `undefined`: no bound is known
 */
export function drawnTokens(model: string, quality = 'auto', size = 'auto'): number | undefined {
  const [, name = ''] = /^(gpt-image-[\d.]+(?:-mini)?)(?:-\d{4}-\d{2}-\d{2})?$/.exec(bareName(model)) ?? []
  const grade = quality === 'auto' ? 'high' : quality
  const sizes = size === 'auto' ? SIZES : [size]
  if (!isQuality(grade)) return undefined
  const prices = PRICES[name]
  if (prices !== undefined) {
    const costs = sizes.map((one) =>
      SIZES.includes(one) ? prices[grade][one === SIZES[0] ? 0 : 1] : undefined,
    )
    return most(costs)
  }
  return name === 'gpt-image-2' ? most(sizes.map((one) => patched(SIDES[grade], one))) : undefined
}

const isQuality = (quality: string): quality is Quality => Object.hasOwn(SIDES, quality)

function patched(side: number, size: string): number | undefined {
  const [, width = 0, height = 0] = (/^(\d{2,4})x(\d{2,4})$/.exec(size) ?? []).map(Number)
  const [longer, shorter] = [Math.max(width, height), Math.min(width, height)]
  if (shorter === 0) return undefined
  return Math.ceil((side * Math.round((side * shorter) / longer) * (2_000_000 + width * height)) / 4_000_000)
}

const most = (costs: readonly (number | undefined)[]): number | undefined =>
  costs.includes(undefined) ? undefined : Math.max(...(costs as number[]))
