/**
 * What the parts of a prompt cost that aren't text: pictures, sounds, files, and answers that were spoken.
 */
import { ASSUMED_PART } from '../../limits.ts'
import { isRecord } from '../../protocol/json.ts'
import { openBase64, openDataUrl } from '../../tokens/encoded-bytes.ts'
import { imageSize } from '../../tokens/image-size.ts'
import { imageTokens } from '../../tokens/image-tokens.ts'
import { soundTokens, spokenTokens } from '../../tokens/sound-tokens.ts'
import type { ChatRequest } from './wire.ts'

/** A part that isn't text. */
export interface OtherPart {
  type: string
  /** What it holds: the member that is named as the type. */
  held: unknown
  message: number
  /** Where it stands in its message: `content[1]`. */
  place: string
}

/** The member of a message that names an earlier answer, which the model then hears. */
const SPOKEN = 'audio'

const WORDS = ['text', 'refusal']

/**
 * Some upstreams take a part without a type for what its member is named.
 *
 * @returns `undefined` for text, and for what isn't a part
 */
export function typeOfPart(part: unknown): string | undefined {
  if (!isRecord(part)) return undefined
  const type = typeof part.type === 'string' ? [part.type] : Object.keys(part)
  return type.find((name) => name !== 'type' && !WORDS.includes(name))
}

export function otherParts({ messages }: ChatRequest): OtherPart[] {
  return messages.flatMap(({ content, audio }, message) => {
    const parts = Array.isArray(content) ? content : []
    const found = parts.flatMap((part: unknown, index) => {
      const type = typeOfPart(part)
      return type === undefined
        ? []
        : [{ type, held: (part as Record<string, unknown>)[type], message, place: `content[${index}]` }]
    })
    return audio == null ? found : [...found, { type: 'input_audio', held: audio, message, place: SPOKEN }]
  })
}

/** @returns the most tokens that the part can be billed with; `undefined`: no bound is known */
export function mostTokens({ type, held, place }: OtherPart, model: string): number | undefined {
  if (place === SPOKEN) return spokenTokens(model)
  if (type === 'image_url') return imageTokens(model, sizeOf(held), detailOf(held))
  const isSound = type === 'input_audio' && isRecord(held) && typeof held.data === 'string'
  return isSound ? soundTokens(model, openBase64(held.data as string)) : undefined
}

/** @returns the part's tokens, or those of a usual one */
export function assumedTokens(part: OtherPart, model: string): number {
  const { type, held } = part
  const { tokens } = ASSUMED_PART
  if (type === 'image_url') {
    const size = sizeOf(held) ?? ASSUMED_PART.imageSize
    return imageTokens(model, size, detailOf(held)) ?? tokens.image_url
  }
  const known = mostTokens(part, model)
  return known ?? (type === 'input_audio' || type === 'file' ? tokens[type] : tokens.other)
}

/** Some upstreams take the address itself in place of an object. */
function sizeOf(held: unknown) {
  const url = isRecord(held) ? held.url : held
  const bytes = typeof url === 'string' ? openDataUrl(url) : undefined
  return bytes && imageSize(bytes)
}

const detailOf = (held: unknown): unknown => (isRecord(held) ? held.detail : undefined)
