import { default_renderer, parser, parser_end, parser_write } from 'streaming-markdown'
import type { Start } from './contestant.ts'

export const start: Start = (place) => {
  const answer = document.createElement('div')
  place.append(answer)
  const state = parser(default_renderer(answer))
  return { write: (delta) => parser_write(state, delta), end: () => parser_end(state), scroller: place }
}
