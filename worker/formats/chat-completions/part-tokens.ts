/** The parts of a chat request that aren't text: pictures, sounds, files, and answers that were spoken. */
import { isRecord } from '../../protocol/json.ts'
import type { PromptPart } from '../../tokens/part-tokens.ts'
import type { PlacedPart } from '../prompt.ts'
import type { ChatRequest } from './wire.ts'

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

/** @param ownersMessages how many of the owner's own messages stand before the caller's */
export function otherParts({ messages }: ChatRequest, ownersMessages: number): PlacedPart[] {
  return messages.flatMap(({ content, audio }, message) => {
    const path = `messages[${message - ownersMessages}]`
    const found = (Array.isArray(content) ? content : []).flatMap((part: unknown, index) => {
      const type = typeOfPart(part)
      return type === undefined
        ? []
        : [
            {
              part: partOf(type, (part as Record<string, unknown>)[type]),
              param: `${path}.content[${index}]`,
            },
          ]
    })
    // The member of a message that names an earlier answer, which the model then hears.
    return audio == null ? found : [...found, { part: { kind: 'spoken' as const }, param: `${path}.audio` }]
  })
}

function partOf(type: string, held: unknown): PromptPart {
  const { url, detail, data } = isRecord(held) ? held : {}
  // Some upstreams take the address itself in place of an object.
  if (type === 'image_url') return { kind: 'picture', url: isRecord(held) ? url : held, detail }
  if (type === 'input_audio') return { kind: 'sound', data }
  return { kind: type === 'file' ? 'file' : 'other' }
}
