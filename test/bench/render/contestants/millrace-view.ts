/** As in the product: deltas are collected until the next frame. */
import { createMarkdownView } from '../../../../client/render/markdown-view.ts'
import { createAnswer, LABELS } from './answer-element.ts'
import type { Start } from './contestant.ts'

export const start: Start = (place) => {
  const onPaint = () => {
    place.scrollTop = place.scrollHeight
  }
  const view = createMarkdownView(createAnswer(place), { labels: LABELS, onPaint })
  return { write: view.append, end: view.end, scroller: undefined }
}
