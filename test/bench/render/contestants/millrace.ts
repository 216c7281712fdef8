import { createRenderer } from '../../../../client/render/renderer.ts'
import type { Start } from './contestant.ts'

export const start: Start = (place) => {
  const answer = document.createElement('div')
  answer.className = 'markdown'
  place.append(answer)
  const labels = { copy: 'Copy', copied: 'Copied', done: 'Done', open: 'To do' }
  return { ...createRenderer(answer, { labels }), scroller: place }
}
