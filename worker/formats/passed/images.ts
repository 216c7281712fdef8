/** `POST /v1/images/generations`: pictures for a prompt, streamed with previews or not. */
import { MAX_CHOICES } from '../../limits.ts'
import { drawnTokens, PARTIAL_TOKENS } from '../../tokens/drawn-tokens.ts'
import { mostByName } from '../../tokens/model-name.ts'
import { costUnknown } from '../prompt.ts'
import { anyText, is, model, name, yesOrNo } from '../shape.ts'
import { eventsUntil } from './events.ts'
import type { PassedFormat } from './passed-format.ts'
import { questionOf, wrongField } from './question.ts'

const upTo = (most: number) =>
  is(
    `a whole number from 0 to ${most}`,
    (it) => Number.isInteger(it) && Number(it) >= 0 && Number(it) <= most,
  )

const READ = {
  model,
  prompt: anyText,
  stream: yesOrNo,
  n: upTo(MAX_CHOICES),
  size: name,
  quality: name,
  output_format: name,
  partial_images: upTo(MAX_CHOICES),
  frame_count: upTo(MAX_CHOICES),
}

/** Frames of a GIF, if the request doesn't say. Source: the comments of OpenAI's SDK 7.57.0. */
const FRAMES = 9

interface Request {
  model: string
  prompt: string
  stream?: boolean | null
  n?: number | null
  size?: string | null
  quality?: string | null
  output_format?: string | null
  partial_images?: number | null
  frame_count?: number | null
}

export const IMAGES: PassedFormat = {
  name: 'images',
  path: '/images/generations',
  unjudged: 'Pictures',
  sumsUsage: true,
  read(fields) {
    const wrong = wrongField(fields, ['model', 'prompt'], READ)
    if (wrong !== undefined) return wrong
    const request = fields as unknown as Request
    const { model, prompt } = request
    const pictures = Math.max(request.n ?? 1, 1)
    return questionOf({
      model,
      promptField: 'prompt',
      texts: [prompt],
      events: request.stream ? eventsUntil('image_generation.completed', pictures) : undefined,
      mostOutputTokens(names, mostOfPart) {
        const { size, quality, output_format: format } = request
        // What the author of an SVG writes has no bound.
        const known =
          format === 'svg'
            ? undefined
            : mostByName(names, (name) => drawnTokens(name, quality ?? undefined, size ?? undefined))
        const each = known ?? mostOfPart
        if (each === undefined) return costUnknown('prompt')
        const frames = format === 'gif' ? (request.frame_count ?? FRAMES) : 1
        return pictures * (each * frames + (request.partial_images ?? 0) * PARTIAL_TOKENS)
      },
    })
  },
}
