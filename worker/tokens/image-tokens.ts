/**
 * What a picture costs, by the rule of the model that sees it. Source: OpenAI's guide "Images and vision",
 * sections "Model sizing behavior" and "Calculating costs"
 * (https://developers.openai.com/api/docs/guides/images-vision), as of November 2026. Where it has changed or
 * is silent, the larger bound holds: docs/decisions/0015-what-is-not-text.md.
 */
import type { ImageSize } from './image-size.ts'
import { bareName } from './model-name.ts'

/** How closely the model looks. */
type Detail = 'low' | 'high' | 'original' | 'auto'

interface ImageRule {
  tokens(size: ImageSize, detail: Detail): number
  /** For a picture of any size. */
  most(detail: Detail): number
}

/**
 * @param size `undefined`: unknown
 * @param detail as the request says it; one that isn't known counts as the dearest
 * @returns the most tokens that the picture can cost; `undefined`: no bound is known for this model
 */
export function imageTokens(
  model: string,
  size: ImageSize | undefined,
  detail: unknown = 'auto',
): number | undefined {
  const rule = ruleFor(model)
  if (rule === undefined) return undefined
  const details = DETAILS.filter((known) => known === (detail ?? 'auto'))
  const tokens = (details.length > 0 ? details : DETAILS).map((detail) =>
    Math.min(rule.most(detail), size === undefined ? Number.POSITIVE_INFINITY : rule.tokens(size, detail)),
  )
  return Math.max(...tokens)
}

const DETAILS: readonly Detail[] = ['low', 'high', 'original', 'auto']

/** @returns the rule of the model, also by its dated and its latest names */
function ruleFor(model: string): ImageRule | undefined {
  const [, name] = NAME.exec(bareName(model)) ?? []
  return name === undefined ? undefined : RULES.get(name)
}

/** `gpt-4o-2024-08-06`, `gpt-4.1:org`, `gpt-5.1-chat-latest`. Other endings name other models. */
const NAME = /^(?:chat)?([a-z0-9.-]+?)(?:-preview)?(?:-chat)?(?:-latest|-\d{4}-\d{2}-\d{2})?(?::|$)/

/**
 * Tiles of 512 pixels, of a picture that is first made to fit in 2048 pixels and 768 for its shorter side.
 */
function tiles(base: number, tile: number): ImageRule {
  const tokens = ({ width, height }: ImageSize, detail: Detail) => {
    if (detail === 'low') return base
    const longer = Math.max(width, height)
    const shorter = Math.min(width, height)
    const long = Math.min(longer, 2048)
    const short = (shorter * long) / longer
    const columns = Math.ceil((short <= 768 ? long : Math.floor((longer * 768) / shorter)) / 512)
    return base + tile * columns * Math.ceil(Math.min(short, 768) / 512)
  }
  return { tokens, most: (detail) => tokens({ width: 2048, height: 768 }, detail) }
}

/** What a picture is made to fit: pixels of its longer side, and patches. */
type Fit = readonly [side: number, patches: number]

/** Patches of 32 pixels, times the model's factor. */
function patches(factor: number, fits: Record<Detail, Fit>): ImageRule {
  const cost = (count: number) => Math.ceil(count * factor) + A_ROUNDING
  return {
    tokens: (size, detail) => cost(patchesOf(size, fits[detail])),
    most: (detail) => cost(mostPatches(fits[detail])),
  }
}

/** "Floating-point rounding in billing can make the final count differ by one." */
const A_ROUNDING = 1

function patchesOf(size: ImageSize, [side, most]: Fit): number {
  const longer = Math.max(size.width, size.height)
  const fit = Math.min(side, longer)
  const width = Math.ceil((size.width * fit) / longer)
  const height = Math.ceil((size.height * fit) / longer)
  const count = cover(width, height)
  if (count <= most) return count
  const shrink = Math.sqrt((PATCH ** 2 * most) / (width * height))
  const [w, h] = [(width * shrink) / PATCH, (height * shrink) / PATCH]
  const adjusted = shrink * Math.min(Math.floor(w) / w, Math.floor(h) / h)
  // A picture narrower than a patch would shrink to nothing by the formula.
  return adjusted === 0
    ? most
    : Math.min(most, cover(Math.floor(width * adjusted), Math.floor(height * adjusted)))
}

const PATCH = 32
const cover = (width: number, height: number) => Math.ceil(width / PATCH) * Math.ceil(height / PATCH)
const mostPatches = ([side, most]: Fit) => Math.min(most, cover(side, side))

const SMALL: Fit = [512, 256]
const HIGH: Fit = [2048, 2500]
const LARGE: Fit = [6000, 10_000]
/** As it is. One with more than 30,000 patches is refused. */
const WHOLE: Fit = [65_535, 30_000]
const TALL: Fit = [2048, 6144]

const GPT_6 = { low: SMALL, high: [65_535, 2500], original: WHOLE, auto: WHOLE } as const
const GPT_5_6 = { low: SMALL, high: HIGH, original: WHOLE, auto: WHOLE }
const GPT_5_5 = { low: SMALL, high: HIGH, original: LARGE, auto: LARGE }
const GPT_5_4 = { low: TALL, high: HIGH, original: LARGE, auto: HIGH }
const UP_TO_GPT_5_2 = { low: TALL, high: TALL, original: TALL, auto: TALL }

const RULES: ReadonlyMap<string, ImageRule> = new Map([
  ['gpt-6-astra', patches(1.2, GPT_6)],
  ['gpt-5.6-sol', patches(1.2, GPT_5_6)],
  ['gpt-5.6-terra', patches(1.2, GPT_5_6)],
  ['gpt-5.6-luna', patches(1.2, GPT_5_6)],
  ['gpt-5.5', patches(1.2, GPT_5_5)],
  ['gpt-5.4', patches(1.2, GPT_5_4)],
  ['gpt-5.4-mini', patches(1.62, GPT_5_4)],
  ['gpt-5.4-nano', patches(2.46, GPT_5_4)],
  ['gpt-5.2', patches(1.2, UP_TO_GPT_5_2)],
  ['gpt-5-mini', patches(1.62, UP_TO_GPT_5_2)],
  ['gpt-5-nano', patches(2.46, UP_TO_GPT_5_2)],
  ['gpt-4.1-mini', patches(1.62, UP_TO_GPT_5_2)],
  ['gpt-4.1-nano', patches(2.46, UP_TO_GPT_5_2)],
  ['o4-mini', patches(1.72, UP_TO_GPT_5_2)],
  ['gpt-5.1', tiles(70, 140)],
  ['gpt-5', tiles(70, 140)],
  ['gpt-4.5', tiles(85, 170)],
  ['gpt-4.1', tiles(85, 170)],
  ['gpt-4o', tiles(85, 170)],
  ['gpt-4o-mini', tiles(2833, 5667)],
  ['gpt-4-turbo', tiles(85, 170)],
  ['o1', tiles(75, 150)],
  ['o3', tiles(75, 150)],
])
