/** An answer's element with the style of Millrace's pages. */
import style from '../../../../client/render/markdown.css?inline'

export const LABELS = {
  copy: 'Copy',
  copied: 'Copied',
  notCopied: 'Could not be copied',
  hidden: 'Hidden character',
  done: 'Done',
  open: 'To do',
  footnotes: 'Footnotes',
  backToText: 'Back to the text',
}

export function createAnswer(place: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(style)
  document.adoptedStyleSheets.push(sheet)
  const answer = document.createElement('div')
  answer.className = 'markdown'
  place.append(answer)
  return answer
}
