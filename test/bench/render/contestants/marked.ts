/** The usual way: the whole text is parsed and sanitised again with each delta. */
import DOMPurify from 'dompurify'
import { marked } from 'marked'
import type { Start } from './contestant.ts'

export const start: Start = (place) => {
  const answer = document.createElement('div')
  place.append(answer)
  let text = ''
  return {
    write(delta) {
      text += delta
      answer.innerHTML = DOMPurify.sanitize(marked.parse(text, { async: false }))
    },
    end() {},
    scroller: place,
  }
}
