/** Delta by delta, like the other contestants, with its style and its highlighter. */
import { createRenderer } from '../../../../client/render/renderer.ts'
import { createAnswer, LABELS } from './answer-element.ts'
import type { Start } from './contestant.ts'

export const start: Start = (place) => ({
  ...createRenderer(createAnswer(place), { labels: LABELS }),
  scroller: place,
})
