import style from '../../../../client/render/markdown.css?inline'
import { createRenderer } from '../../../../client/render/renderer.ts'
import type { Start } from './contestant.ts'

export const start: Start = (place) => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(style)
  document.adoptedStyleSheets.push(sheet)
  const answer = document.createElement('div')
  answer.className = 'markdown'
  place.append(answer)
  const labels = { copy: 'Copy', copied: 'Copied', notCopied: 'Not copied', done: 'Done', open: 'To do' }
  return { ...createRenderer(answer, { labels }), scroller: place }
}
