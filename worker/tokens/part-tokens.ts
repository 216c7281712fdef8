/** What a part of a prompt costs that isn't text, by its kind, however its format writes it. */
import { ASSUMED_PART } from '../limits.ts'
import { openBase64, openDataUrl } from './encoded-bytes.ts'
import { imageSize } from './image-size.ts'
import { imageTokens } from './image-tokens.ts'
import { soundTokens, spokenTokens } from './sound-tokens.ts'

export type PromptPart =
  /** `url`: where the picture is, or the picture itself as a data URL. */
  | { kind: 'picture'; url: unknown; detail: unknown }
  /** `data`: base64. */
  | { kind: 'sound'; data: unknown }
  /** An earlier answer of the model that it spoke, sent back by its id. */
  | { kind: 'spoken' }
  | { kind: 'file' | 'other' }

/** @returns the most tokens that the part can be billed with; `undefined`: no bound is known */
export function mostTokens(part: PromptPart, model: string): number | undefined {
  if (part.kind === 'picture') return imageTokens(model, sizeOf(part.url), part.detail)
  if (part.kind === 'spoken') return spokenTokens(model)
  const isSound = part.kind === 'sound' && typeof part.data === 'string'
  return isSound ? soundTokens(model, openBase64(part.data as string)) : undefined
}

/** @returns the part's tokens, or those of a usual one */
export function assumedTokens(part: PromptPart, model: string): number {
  const known =
    part.kind === 'picture'
      ? imageTokens(model, sizeOf(part.url) ?? ASSUMED_PART.imageSize, part.detail)
      : mostTokens(part, model)
  return known ?? ASSUMED_PART.tokens[part.kind]
}

function sizeOf(url: unknown) {
  const bytes = typeof url === 'string' ? openDataUrl(url) : undefined
  return bytes && imageSize(bytes)
}
